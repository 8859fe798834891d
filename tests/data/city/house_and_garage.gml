<?xml version="1.0" encoding="UTF-8"?>
<!-- Written for heliotwin's tests, in the manner of the AdV LoD2 profile: a saddle-roof house 10 × 8 m and a flat garage
     4 × 8 m as its BuildingPart, closed against each other by ClosureSurfaces. Areas: see test_io_citygml_citygml.py -->
<core:CityModel xmlns:core="http://www.opengis.net/citygml/1.0" xmlns:bldg="http://www.opengis.net/citygml/building/1.0"
  xmlns:gen="http://www.opengis.net/citygml/generics/1.0" xmlns:gml="http://www.opengis.net/gml"
  xmlns:xlink="http://www.w3.org/1999/xlink" xmlns:veg="http://www.opengis.net/citygml/vegetation/1.0">
<gml:name>house and garage</gml:name>
<gml:boundedBy><gml:Envelope srsName="urn:adv:crs:ETRS89_UTM32*DE_DHHN2016_NH*GCG2016">
<gml:lowerCorner srsDimension="3">445600 5547800 100</gml:lowerCorner>
<gml:upperCorner srsDimension="3">445614 5547808 109</gml:upperCorner></gml:Envelope></gml:boundedBy>
<core:cityObjectMember>
<bldg:Building gml:id="HOUSE">
  <core:creationDate>2026-01-01</core:creationDate>
  <core:externalReference><core:informationSystem>x</core:informationSystem></core:externalReference>
  <gen:stringAttribute name="Gemeindeschluessel"><gen:value>06414000</gen:value></gen:stringAttribute>
  <gen:intAttribute name="Etage"><gen:value>2</gen:value></gen:intAttribute>
  <gen:doubleAttribute name="Firsthoehe"><gen:value>109.0</gen:value></gen:doubleAttribute>
  <gen:measureAttribute name="Traufhoehe"><gen:value uom="m">106.5</gen:value></gen:measureAttribute>
  <gen:intAttribute name="Unsinn"><gen:value>zwei</gen:value></gen:intAttribute>
  <bldg:function>31001_1010</bldg:function>
  <bldg:function>31001_2463</bldg:function>
  <bldg:roofType>5000</bldg:roofType>
  <bldg:measuredHeight uom="urn:adv:uom:m">9.0</bldg:measuredHeight>
  <bldg:storeysAboveGround>2</bldg:storeysAboveGround>
  <bldg:lod2Solid><gml:Solid><gml:exterior><gml:CompositeSurface>
    <gml:surfaceMember xlink:href="#p_ground"/><gml:surfaceMember xlink:href="#p_south"/>
    <gml:surfaceMember xlink:href="#p_north"/><gml:surfaceMember xlink:href="#p_west"/>
    <gml:surfaceMember xlink:href="#p_east"/><gml:surfaceMember xlink:href="#p_party"/>
    <gml:surfaceMember xlink:href="#p_roof_s"/><gml:surfaceMember xlink:href="#p_roof_n"/>
  </gml:CompositeSurface></gml:exterior></gml:Solid></bldg:lod2Solid>
  <bldg:lod2TerrainIntersection><gml:MultiCurve><gml:curveMember><gml:LineString>
    <gml:posList>445600 5547800 100 445610 5547800 100</gml:posList></gml:LineString></gml:curveMember></gml:MultiCurve>
  </bldg:lod2TerrainIntersection>
  <bldg:boundedBy><bldg:GroundSurface gml:id="ground"><bldg:lod2MultiSurface><gml:MultiSurface gml:id="ms_ground">
    <gml:surfaceMember><gml:Polygon gml:id="p_ground"><gml:exterior><gml:LinearRing><gml:posList srsDimension="3">
    445600 5547800 100 445600 5547808 100 445610 5547808 100 445610 5547800 100 445600 5547800 100
    </gml:posList></gml:LinearRing></gml:exterior></gml:Polygon></gml:surfaceMember>
  </gml:MultiSurface></bldg:lod2MultiSurface></bldg:GroundSurface></bldg:boundedBy>
  <bldg:boundedBy><bldg:WallSurface gml:id="walls"><bldg:lod2MultiSurface><gml:MultiSurface>
    <gml:surfaceMember><gml:Polygon gml:id="p_south"><gml:exterior><gml:LinearRing><gml:posList>
    445600 5547800 100 445610 5547800 100 445610 5547800 103 445610 5547800 106 445600 5547800 106 445600 5547800 100
    </gml:posList></gml:LinearRing></gml:exterior></gml:Polygon></gml:surfaceMember>
    <gml:surfaceMember><gml:Polygon gml:id="p_north"><gml:exterior><gml:LinearRing><gml:posList>
    445610 5547808 100 445600 5547808 100 445600 5547808 106 445610 5547808 106 445610 5547808 103 445610 5547808 100
    </gml:posList></gml:LinearRing></gml:exterior></gml:Polygon></gml:surfaceMember>
  </gml:MultiSurface></bldg:lod2MultiSurface></bldg:WallSurface></bldg:boundedBy>
  <bldg:boundedBy><bldg:WallSurface><bldg:lod2MultiSurface><gml:MultiSurface>
    <gml:surfaceMember><gml:Polygon gml:id="p_west"><gml:exterior><gml:LinearRing><gml:posList>
    445600 5547808 100 445600 5547800 100 445600 5547800 106 445600 5547804 109 445600 5547808 106 445600 5547808 100
    </gml:posList></gml:LinearRing></gml:exterior></gml:Polygon></gml:surfaceMember>
  </gml:MultiSurface></bldg:lod2MultiSurface></bldg:WallSurface></bldg:boundedBy>
  <bldg:boundedBy><bldg:WallSurface gml:id="east"><bldg:lod2MultiSurface><gml:MultiSurface>
    <gml:surfaceMember><gml:Polygon gml:id="p_east"><gml:exterior><gml:LinearRing><gml:posList>
    445610 5547800 103 445610 5547808 103 445610 5547808 106 445610 5547804 109 445610 5547800 106 445610 5547800 103
    </gml:posList></gml:LinearRing></gml:exterior></gml:Polygon></gml:surfaceMember>
  </gml:MultiSurface></bldg:lod2MultiSurface></bldg:WallSurface></bldg:boundedBy>
  <bldg:boundedBy><bldg:ClosureSurface gml:id="party"><bldg:lod2MultiSurface><gml:MultiSurface>
    <gml:surfaceMember><gml:Polygon gml:id="p_party"><gml:exterior><gml:LinearRing><gml:posList>
    445610 5547800 100 445610 5547808 100 445610 5547808 103 445610 5547800 103 445610 5547800 100
    </gml:posList></gml:LinearRing></gml:exterior></gml:Polygon></gml:surfaceMember>
  </gml:MultiSurface></bldg:lod2MultiSurface></bldg:ClosureSurface></bldg:boundedBy>
  <bldg:boundedBy><bldg:RoofSurface gml:id="roof_s"><bldg:lod2MultiSurface><gml:MultiSurface>
    <gml:surfaceMember><gml:Polygon gml:id="p_roof_s"><gml:exterior><gml:LinearRing><gml:posList>
    445600 5547800 106 445610 5547800 106 445610 5547804 109 445600 5547804 109 445600 5547800 106
    </gml:posList></gml:LinearRing></gml:exterior></gml:Polygon></gml:surfaceMember>
  </gml:MultiSurface></bldg:lod2MultiSurface></bldg:RoofSurface></bldg:boundedBy>
  <bldg:boundedBy><bldg:RoofSurface gml:id="roof_n"><bldg:lod2MultiSurface><gml:MultiSurface>
    <gml:surfaceMember><gml:Polygon gml:id="p_roof_n"><gml:exterior><gml:LinearRing><gml:posList>
    445610 5547808 106 445600 5547808 106 445600 5547804 109 445610 5547804 109 445610 5547808 106
    </gml:posList></gml:LinearRing></gml:exterior></gml:Polygon></gml:surfaceMember>
  </gml:MultiSurface></bldg:lod2MultiSurface></bldg:RoofSurface></bldg:boundedBy>
  <bldg:consistsOfBuildingPart><bldg:BuildingPart gml:id="GARAGE">
    <bldg:function>31001_2463</bldg:function>
    <bldg:roofType>1000</bldg:roofType>
    <bldg:measuredHeight uom="urn:adv:uom:m">3.0</bldg:measuredHeight>
    <bldg:lod2Solid><gml:Solid><gml:exterior><gml:CompositeSurface>
      <gml:surfaceMember xlink:href="#g_ground"/><gml:surfaceMember xlink:href="#g_south"/>
      <gml:surfaceMember xlink:href="#g_east"/><gml:surfaceMember xlink:href="#g_north"/>
      <gml:surfaceMember xlink:href="#g_party"/><gml:surfaceMember xlink:href="#g_roof"/>
    </gml:CompositeSurface></gml:exterior></gml:Solid></bldg:lod2Solid>
    <bldg:boundedBy><bldg:GroundSurface gml:id="garage_ground"><bldg:lod2MultiSurface><gml:MultiSurface>
      <gml:surfaceMember><gml:Polygon gml:id="g_ground"><gml:exterior><gml:LinearRing><gml:posList>
      445610 5547800 100 445610 5547808 100 445614 5547808 100 445614 5547800 100 445610 5547800 100
      </gml:posList></gml:LinearRing></gml:exterior></gml:Polygon></gml:surfaceMember>
    </gml:MultiSurface></bldg:lod2MultiSurface></bldg:GroundSurface></bldg:boundedBy>
    <bldg:boundedBy><bldg:WallSurface gml:id="garage_walls"><bldg:lod2MultiSurface><gml:MultiSurface>
      <gml:surfaceMember><gml:Polygon gml:id="g_south"><gml:exterior><gml:LinearRing><gml:posList>
      445610 5547800 100 445614 5547800 100 445614 5547800 103 445610 5547800 103 445610 5547800 100
      </gml:posList></gml:LinearRing></gml:exterior></gml:Polygon></gml:surfaceMember>
      <gml:surfaceMember><gml:Polygon gml:id="g_east"><gml:exterior><gml:LinearRing><gml:posList>
      445614 5547800 100 445614 5547808 100 445614 5547808 103 445614 5547800 103 445614 5547800 100
      </gml:posList></gml:LinearRing></gml:exterior></gml:Polygon></gml:surfaceMember>
      <gml:surfaceMember><gml:Polygon gml:id="g_north"><gml:exterior><gml:LinearRing><gml:posList>
      445614 5547808 100 445610 5547808 100 445610 5547808 103 445614 5547808 103 445614 5547808 100
      </gml:posList></gml:LinearRing></gml:exterior></gml:Polygon></gml:surfaceMember>
    </gml:MultiSurface></bldg:lod2MultiSurface></bldg:WallSurface></bldg:boundedBy>
    <bldg:boundedBy><bldg:ClosureSurface gml:id="garage_party"><bldg:lod2MultiSurface><gml:MultiSurface>
      <gml:surfaceMember><gml:Polygon gml:id="g_party"><gml:exterior><gml:LinearRing><gml:posList>
      445610 5547808 100 445610 5547800 100 445610 5547800 103 445610 5547808 103 445610 5547808 100
      </gml:posList></gml:LinearRing></gml:exterior></gml:Polygon></gml:surfaceMember>
    </gml:MultiSurface></bldg:lod2MultiSurface></bldg:ClosureSurface></bldg:boundedBy>
    <bldg:boundedBy><bldg:RoofSurface gml:id="garage_roof"><bldg:lod2MultiSurface><gml:MultiSurface>
      <gml:surfaceMember><gml:Polygon gml:id="g_roof"><gml:exterior><gml:LinearRing><gml:posList>
      445610 5547800 103 445614 5547800 103 445614 5547808 103 445610 5547808 103 445610 5547800 103
      </gml:posList></gml:LinearRing></gml:exterior></gml:Polygon></gml:surfaceMember>
    </gml:MultiSurface></bldg:lod2MultiSurface></bldg:RoofSurface></bldg:boundedBy>
  </bldg:BuildingPart></bldg:consistsOfBuildingPart>
</bldg:Building>
</core:cityObjectMember>
<core:cityObjectMember><veg:SolitaryVegetationObject gml:id="TREE"/></core:cityObjectMember>
</core:CityModel>
