<?xml version="1.0" encoding="UTF-8"?>
<!-- Each way to draw a tree or plant cover, written for this project's tests. -->
<core:CityModel xmlns:core="http://www.opengis.net/citygml/2.0" xmlns:app="http://www.opengis.net/citygml/appearance/2.0" xmlns:bldg="http://www.opengis.net/citygml/building/2.0" xmlns:brid="http://www.opengis.net/citygml/bridge/2.0" xmlns:dem="http://www.opengis.net/citygml/relief/2.0" xmlns:frn="http://www.opengis.net/citygml/cityfurniture/2.0" xmlns:gen="http://www.opengis.net/citygml/generics/2.0" xmlns:grp="http://www.opengis.net/citygml/cityobjectgroup/2.0" xmlns:luse="http://www.opengis.net/citygml/landuse/2.0" xmlns:tran="http://www.opengis.net/citygml/transportation/2.0" xmlns:tun="http://www.opengis.net/citygml/tunnel/2.0" xmlns:veg="http://www.opengis.net/citygml/vegetation/2.0" xmlns:wtr="http://www.opengis.net/citygml/waterbody/2.0" xmlns:gml="http://www.opengis.net/gml" xmlns:xlink="http://www.w3.org/1999/xlink">
<gml:boundedBy><gml:Envelope srsName="EPSG:25832"><gml:lowerCorner>0 0 0</gml:lowerCorner><gml:upperCorner>1 1 1</gml:upperCorner></gml:Envelope></gml:boundedBy>
<core:cityObjectMember><veg:SolitaryVegetationObject gml:id="closed">
  <veg:class>1070</veg:class><veg:species>Tilia cordata</veg:species><veg:height uom="m">10</veg:height><veg:lod3Geometry><gml:MultiSolid>
    <gml:solidMember><gml:Solid><gml:exterior><gml:CompositeSurface>
    <gml:surfaceMember><gml:Polygon><gml:exterior><gml:LinearRing><gml:posList>500003.000 5700000.000 7.000 500000.000 5700003.000 7.000 500000.000 5700000.000 10.000 500003.000 5700000.000 7.000</gml:posList></gml:LinearRing></gml:exterior></gml:Polygon></gml:surfaceMember>
    <gml:surfaceMember><gml:Polygon><gml:exterior><gml:LinearRing><gml:posList>500000.000 5700003.000 7.000 500003.000 5700000.000 7.000 500000.000 5700000.000 4.000 500000.000 5700003.000 7.000</gml:posList></gml:LinearRing></gml:exterior></gml:Polygon></gml:surfaceMember>
    <gml:surfaceMember><gml:Polygon><gml:exterior><gml:LinearRing><gml:posList>500000.000 5700003.000 7.000 499997.000 5700000.000 7.000 500000.000 5700000.000 10.000 500000.000 5700003.000 7.000</gml:posList></gml:LinearRing></gml:exterior></gml:Polygon></gml:surfaceMember>
    <gml:surfaceMember><gml:Polygon><gml:exterior><gml:LinearRing><gml:posList>499997.000 5700000.000 7.000 500000.000 5700003.000 7.000 500000.000 5700000.000 4.000 499997.000 5700000.000 7.000</gml:posList></gml:LinearRing></gml:exterior></gml:Polygon></gml:surfaceMember>
    <gml:surfaceMember><gml:Polygon><gml:exterior><gml:LinearRing><gml:posList>499997.000 5700000.000 7.000 500000.000 5699997.000 7.000 500000.000 5700000.000 10.000 499997.000 5700000.000 7.000</gml:posList></gml:LinearRing></gml:exterior></gml:Polygon></gml:surfaceMember>
    <gml:surfaceMember><gml:Polygon><gml:exterior><gml:LinearRing><gml:posList>500000.000 5699997.000 7.000 499997.000 5700000.000 7.000 500000.000 5700000.000 4.000 500000.000 5699997.000 7.000</gml:posList></gml:LinearRing></gml:exterior></gml:Polygon></gml:surfaceMember>
    <gml:surfaceMember><gml:Polygon><gml:exterior><gml:LinearRing><gml:posList>500000.000 5699997.000 7.000 500003.000 5700000.000 7.000 500000.000 5700000.000 10.000 500000.000 5699997.000 7.000</gml:posList></gml:LinearRing></gml:exterior></gml:Polygon></gml:surfaceMember>
    <gml:surfaceMember><gml:Polygon><gml:exterior><gml:LinearRing><gml:posList>500003.000 5700000.000 7.000 500000.000 5699997.000 7.000 500000.000 5700000.000 4.000 500003.000 5700000.000 7.000</gml:posList></gml:LinearRing></gml:exterior></gml:Polygon></gml:surfaceMember></gml:CompositeSurface></gml:exterior></gml:Solid></gml:solidMember>
    <gml:solidMember><gml:Solid><gml:exterior><gml:CompositeSurface>
    <gml:surfaceMember><gml:Polygon><gml:exterior><gml:LinearRing><gml:posList>499999.800 5699999.800 0.000 499999.800 5700000.200 0.000 500000.200 5700000.200 0.000 500000.200 5699999.800 0.000 499999.800 5699999.800 0.000</gml:posList></gml:LinearRing></gml:exterior></gml:Polygon></gml:surfaceMember>
    <gml:surfaceMember><gml:Polygon><gml:exterior><gml:LinearRing><gml:posList>499999.800 5699999.800 3.500 500000.200 5699999.800 3.500 500000.200 5700000.200 3.500 499999.800 5700000.200 3.500 499999.800 5699999.800 3.500</gml:posList></gml:LinearRing></gml:exterior></gml:Polygon></gml:surfaceMember>
    <gml:surfaceMember><gml:Polygon><gml:exterior><gml:LinearRing><gml:posList>499999.800 5699999.800 0.000 500000.200 5699999.800 0.000 500000.200 5699999.800 3.500 499999.800 5699999.800 3.500 499999.800 5699999.800 0.000</gml:posList></gml:LinearRing></gml:exterior></gml:Polygon></gml:surfaceMember>
    <gml:surfaceMember><gml:Polygon><gml:exterior><gml:LinearRing><gml:posList>500000.200 5699999.800 0.000 500000.200 5700000.200 0.000 500000.200 5700000.200 3.500 500000.200 5699999.800 3.500 500000.200 5699999.800 0.000</gml:posList></gml:LinearRing></gml:exterior></gml:Polygon></gml:surfaceMember>
    <gml:surfaceMember><gml:Polygon><gml:exterior><gml:LinearRing><gml:posList>500000.200 5700000.200 0.000 499999.800 5700000.200 0.000 499999.800 5700000.200 3.500 500000.200 5700000.200 3.500 500000.200 5700000.200 0.000</gml:posList></gml:LinearRing></gml:exterior></gml:Polygon></gml:surfaceMember>
    <gml:surfaceMember><gml:Polygon><gml:exterior><gml:LinearRing><gml:posList>499999.800 5700000.200 0.000 499999.800 5699999.800 0.000 499999.800 5699999.800 3.500 499999.800 5700000.200 3.500 499999.800 5700000.200 0.000</gml:posList></gml:LinearRing></gml:exterior></gml:Polygon></gml:surfaceMember></gml:CompositeSurface></gml:exterior></gml:Solid></gml:solidMember></gml:MultiSolid></veg:lod3Geometry>
</veg:SolitaryVegetationObject></core:cityObjectMember>
<core:cityObjectMember><veg:SolitaryVegetationObject gml:id="open">
  <veg:height uom="m">10</veg:height><veg:crownDiameter uom="m">6</veg:crownDiameter><veg:lod3Geometry><gml:MultiSurface>
    <gml:surfaceMember><gml:Polygon><gml:exterior><gml:LinearRing><gml:posList>500023.000 5700000.000 7.000 500020.000 5700003.000 7.000 500020.000 5700000.000 10.000 500023.000 5700000.000 7.000</gml:posList></gml:LinearRing></gml:exterior></gml:Polygon></gml:surfaceMember>
    <gml:surfaceMember><gml:Polygon><gml:exterior><gml:LinearRing><gml:posList>500020.000 5700003.000 7.000 500023.000 5700000.000 7.000 500020.000 5700000.000 4.000 500020.000 5700003.000 7.000</gml:posList></gml:LinearRing></gml:exterior></gml:Polygon></gml:surfaceMember>
    <gml:surfaceMember><gml:Polygon><gml:exterior><gml:LinearRing><gml:posList>500020.000 5700003.000 7.000 500017.000 5700000.000 7.000 500020.000 5700000.000 10.000 500020.000 5700003.000 7.000</gml:posList></gml:LinearRing></gml:exterior></gml:Polygon></gml:surfaceMember>
    <gml:surfaceMember><gml:Polygon><gml:exterior><gml:LinearRing><gml:posList>500017.000 5700000.000 7.000 500020.000 5700003.000 7.000 500020.000 5700000.000 4.000 500017.000 5700000.000 7.000</gml:posList></gml:LinearRing></gml:exterior></gml:Polygon></gml:surfaceMember>
    <gml:surfaceMember><gml:Polygon><gml:exterior><gml:LinearRing><gml:posList>500017.000 5700000.000 7.000 500020.000 5699997.000 7.000 500020.000 5700000.000 10.000 500017.000 5700000.000 7.000</gml:posList></gml:LinearRing></gml:exterior></gml:Polygon></gml:surfaceMember>
    <gml:surfaceMember><gml:Polygon><gml:exterior><gml:LinearRing><gml:posList>500020.000 5699997.000 7.000 500017.000 5700000.000 7.000 500020.000 5700000.000 4.000 500020.000 5699997.000 7.000</gml:posList></gml:LinearRing></gml:exterior></gml:Polygon></gml:surfaceMember>
    <gml:surfaceMember><gml:Polygon><gml:exterior><gml:LinearRing><gml:posList>500020.000 5699997.000 7.000 500023.000 5700000.000 7.000 500020.000 5700000.000 10.000 500020.000 5699997.000 7.000</gml:posList></gml:LinearRing></gml:exterior></gml:Polygon></gml:surfaceMember></gml:MultiSurface></veg:lod3Geometry>
</veg:SolitaryVegetationObject></core:cityObjectMember>
<core:cityObjectMember><veg:SolitaryVegetationObject gml:id="billboard">
  <veg:species>Acer platanoides</veg:species><veg:height uom="m">12</veg:height><veg:crownDiameter uom="m">8</veg:crownDiameter><veg:lod2Geometry><gml:MultiSurface>
    <gml:surfaceMember><gml:Polygon><gml:exterior><gml:LinearRing><gml:posList>500038.000 5700000.000 0.000 500042.000 5700000.000 0.000 500042.000 5700000.000 6.000 500038.000 5700000.000 6.000 500038.000 5700000.000 0.000</gml:posList></gml:LinearRing></gml:exterior></gml:Polygon></gml:surfaceMember>
    <gml:surfaceMember><gml:Polygon><gml:exterior><gml:LinearRing><gml:posList>500040.000 5699998.000 0.000 500040.000 5700002.000 0.000 500040.000 5700002.000 6.000 500040.000 5699998.000 6.000 500040.000 5699998.000 0.000</gml:posList></gml:LinearRing></gml:exterior></gml:Polygon></gml:surfaceMember></gml:MultiSurface></veg:lod2Geometry>
</veg:SolitaryVegetationObject></core:cityObjectMember>
<core:cityObjectMember><veg:SolitaryVegetationObject gml:id="billboard_in_feet">
  <veg:height uom="ft">39.3701</veg:height><veg:crownDiameter uom="ft">26.2467</veg:crownDiameter><veg:lod2Geometry><gml:MultiSurface>
    <gml:surfaceMember><gml:Polygon><gml:exterior><gml:LinearRing><gml:posList>500058.000 5700000.000 0.000 500062.000 5700000.000 0.000 500062.000 5700000.000 6.000 500058.000 5700000.000 6.000 500058.000 5700000.000 0.000</gml:posList></gml:LinearRing></gml:exterior></gml:Polygon></gml:surfaceMember>
    <gml:surfaceMember><gml:Polygon><gml:exterior><gml:LinearRing><gml:posList>500060.000 5699998.000 0.000 500060.000 5700002.000 0.000 500060.000 5700002.000 6.000 500060.000 5699998.000 6.000 500060.000 5699998.000 0.000</gml:posList></gml:LinearRing></gml:exterior></gml:Polygon></gml:surfaceMember></gml:MultiSurface></veg:lod2Geometry>
</veg:SolitaryVegetationObject></core:cityObjectMember>
<core:cityObjectMember><veg:SolitaryVegetationObject gml:id="billboard_without_attributes">
  <veg:lod2Geometry><gml:MultiSurface>
    <gml:surfaceMember><gml:Polygon><gml:exterior><gml:LinearRing><gml:posList>500078.000 5700000.000 0.000 500082.000 5700000.000 0.000 500082.000 5700000.000 6.000 500078.000 5700000.000 6.000 500078.000 5700000.000 0.000</gml:posList></gml:LinearRing></gml:exterior></gml:Polygon></gml:surfaceMember>
    <gml:surfaceMember><gml:Polygon><gml:exterior><gml:LinearRing><gml:posList>500080.000 5699998.000 0.000 500080.000 5700002.000 0.000 500080.000 5700002.000 6.000 500080.000 5699998.000 6.000 500080.000 5699998.000 0.000</gml:posList></gml:LinearRing></gml:exterior></gml:Polygon></gml:surfaceMember></gml:MultiSurface></veg:lod2Geometry>
</veg:SolitaryVegetationObject></core:cityObjectMember>
<core:cityObjectMember><veg:SolitaryVegetationObject gml:id="implicit">
  <veg:lod2ImplicitRepresentation>
    <core:ImplicitGeometry><core:transformationMatrix>1 0 0 0 0 1 0 0 0 0 1 0 0 0 0 1</core:transformationMatrix><core:relativeGMLGeometry><gml:MultiSurface gml:id="template">
    <gml:surfaceMember><gml:Polygon><gml:exterior><gml:LinearRing><gml:posList>2.000 0.000 6.000 0.000 2.000 6.000 0.000 0.000 8.000 2.000 0.000 6.000</gml:posList></gml:LinearRing></gml:exterior></gml:Polygon></gml:surfaceMember>
    <gml:surfaceMember><gml:Polygon><gml:exterior><gml:LinearRing><gml:posList>0.000 2.000 6.000 2.000 0.000 6.000 0.000 0.000 4.000 0.000 2.000 6.000</gml:posList></gml:LinearRing></gml:exterior></gml:Polygon></gml:surfaceMember>
    <gml:surfaceMember><gml:Polygon><gml:exterior><gml:LinearRing><gml:posList>0.000 2.000 6.000 -2.000 0.000 6.000 0.000 0.000 8.000 0.000 2.000 6.000</gml:posList></gml:LinearRing></gml:exterior></gml:Polygon></gml:surfaceMember>
    <gml:surfaceMember><gml:Polygon><gml:exterior><gml:LinearRing><gml:posList>-2.000 0.000 6.000 0.000 2.000 6.000 0.000 0.000 4.000 -2.000 0.000 6.000</gml:posList></gml:LinearRing></gml:exterior></gml:Polygon></gml:surfaceMember>
    <gml:surfaceMember><gml:Polygon><gml:exterior><gml:LinearRing><gml:posList>-2.000 0.000 6.000 0.000 -2.000 6.000 0.000 0.000 8.000 -2.000 0.000 6.000</gml:posList></gml:LinearRing></gml:exterior></gml:Polygon></gml:surfaceMember>
    <gml:surfaceMember><gml:Polygon><gml:exterior><gml:LinearRing><gml:posList>0.000 -2.000 6.000 -2.000 0.000 6.000 0.000 0.000 4.000 0.000 -2.000 6.000</gml:posList></gml:LinearRing></gml:exterior></gml:Polygon></gml:surfaceMember>
    <gml:surfaceMember><gml:Polygon><gml:exterior><gml:LinearRing><gml:posList>0.000 -2.000 6.000 2.000 0.000 6.000 0.000 0.000 8.000 0.000 -2.000 6.000</gml:posList></gml:LinearRing></gml:exterior></gml:Polygon></gml:surfaceMember>
    <gml:surfaceMember><gml:Polygon><gml:exterior><gml:LinearRing><gml:posList>2.000 0.000 6.000 0.000 -2.000 6.000 0.000 0.000 4.000 2.000 0.000 6.000</gml:posList></gml:LinearRing></gml:exterior></gml:Polygon></gml:surfaceMember></gml:MultiSurface></core:relativeGMLGeometry><core:referencePoint><gml:Point><gml:pos>500100.0 5700000.0 0</gml:pos></gml:Point></core:referencePoint></core:ImplicitGeometry></veg:lod2ImplicitRepresentation>
</veg:SolitaryVegetationObject></core:cityObjectMember>
<core:cityObjectMember><veg:SolitaryVegetationObject gml:id="implicit_again">
  <veg:lod2ImplicitRepresentation>
    <core:ImplicitGeometry><core:transformationMatrix>1 0 0 0 0 1 0 0 0 0 1 0 0 0 0 1</core:transformationMatrix><core:relativeGMLGeometry xlink:href="#template"/><core:referencePoint><gml:Point><gml:pos>500120.0 5700000.0 0</gml:pos></gml:Point></core:referencePoint></core:ImplicitGeometry></veg:lod2ImplicitRepresentation>
</veg:SolitaryVegetationObject></core:cityObjectMember>
<core:cityObjectMember><veg:SolitaryVegetationObject gml:id="nowhere">
  <veg:height uom="m">9</veg:height><veg:crownDiameter uom="m">5</veg:crownDiameter>
</veg:SolitaryVegetationObject></core:cityObjectMember>
<core:cityObjectMember><veg:PlantCover gml:id="hedge">
  <veg:lod1MultiSolid><gml:MultiSolid>
    <gml:solidMember><gml:Solid><gml:exterior><gml:CompositeSurface>
    <gml:surfaceMember><gml:Polygon><gml:exterior><gml:LinearRing><gml:posList>500000.000 5700020.000 0.000 500000.000 5700021.000 0.000 500010.000 5700021.000 0.000 500010.000 5700020.000 0.000 500000.000 5700020.000 0.000</gml:posList></gml:LinearRing></gml:exterior></gml:Polygon></gml:surfaceMember>
    <gml:surfaceMember><gml:Polygon><gml:exterior><gml:LinearRing><gml:posList>500000.000 5700020.000 2.000 500010.000 5700020.000 2.000 500010.000 5700021.000 2.000 500000.000 5700021.000 2.000 500000.000 5700020.000 2.000</gml:posList></gml:LinearRing></gml:exterior></gml:Polygon></gml:surfaceMember>
    <gml:surfaceMember><gml:Polygon><gml:exterior><gml:LinearRing><gml:posList>500000.000 5700020.000 0.000 500010.000 5700020.000 0.000 500010.000 5700020.000 2.000 500000.000 5700020.000 2.000 500000.000 5700020.000 0.000</gml:posList></gml:LinearRing></gml:exterior></gml:Polygon></gml:surfaceMember>
    <gml:surfaceMember><gml:Polygon><gml:exterior><gml:LinearRing><gml:posList>500010.000 5700020.000 0.000 500010.000 5700021.000 0.000 500010.000 5700021.000 2.000 500010.000 5700020.000 2.000 500010.000 5700020.000 0.000</gml:posList></gml:LinearRing></gml:exterior></gml:Polygon></gml:surfaceMember>
    <gml:surfaceMember><gml:Polygon><gml:exterior><gml:LinearRing><gml:posList>500010.000 5700021.000 0.000 500000.000 5700021.000 0.000 500000.000 5700021.000 2.000 500010.000 5700021.000 2.000 500010.000 5700021.000 0.000</gml:posList></gml:LinearRing></gml:exterior></gml:Polygon></gml:surfaceMember>
    <gml:surfaceMember><gml:Polygon><gml:exterior><gml:LinearRing><gml:posList>500000.000 5700021.000 0.000 500000.000 5700020.000 0.000 500000.000 5700020.000 2.000 500000.000 5700021.000 2.000 500000.000 5700021.000 0.000</gml:posList></gml:LinearRing></gml:exterior></gml:Polygon></gml:surfaceMember></gml:CompositeSurface></gml:exterior></gml:Solid></gml:solidMember></gml:MultiSolid></veg:lod1MultiSolid>
</veg:PlantCover></core:cityObjectMember>
<core:cityObjectMember><veg:PlantCover gml:id="grove">
  <veg:averageHeight uom="m">6</veg:averageHeight><veg:lod1MultiSurface><gml:MultiSurface>
    <gml:surfaceMember><gml:Polygon><gml:exterior><gml:LinearRing><gml:posList>500020.000 5700020.000 1.000 500040.000 5700020.000 1.000 500040.000 5700040.000 1.000 500030.000 5700030.000 1.000 500020.000 5700040.000 1.000 500020.000 5700020.000 1.000</gml:posList></gml:LinearRing></gml:exterior></gml:Polygon></gml:surfaceMember></gml:MultiSurface></veg:lod1MultiSurface>
</veg:PlantCover></core:cityObjectMember>
<core:cityObjectMember><veg:PlantCover gml:id="lawn">
  <veg:averageHeight uom="m">0.05</veg:averageHeight><veg:lod1MultiSurface><gml:MultiSurface>
    <gml:surfaceMember><gml:Polygon><gml:exterior><gml:LinearRing><gml:posList>500050.000 5700020.000 0.000 500060.000 5700020.000 0.000 500060.000 5700030.000 0.000 500050.000 5700030.000 0.000 500050.000 5700020.000 0.000</gml:posList></gml:LinearRing></gml:exterior></gml:Polygon></gml:surfaceMember></gml:MultiSurface></veg:lod1MultiSurface>
</veg:PlantCover></core:cityObjectMember>
<core:cityObjectMember><veg:PlantCover gml:id="unknown">
  <veg:lod1MultiSurface><gml:MultiSurface>
    <gml:surfaceMember><gml:Polygon><gml:exterior><gml:LinearRing><gml:posList>500070.000 5700020.000 0.000 500080.000 5700020.000 0.000 500080.000 5700030.000 0.000 500070.000 5700030.000 0.000 500070.000 5700020.000 0.000</gml:posList></gml:LinearRing></gml:exterior></gml:Polygon></gml:surfaceMember></gml:MultiSurface></veg:lod1MultiSurface>
</veg:PlantCover></core:cityObjectMember>
</core:CityModel>
