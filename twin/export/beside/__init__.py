"""What lies beside every export: metadata for catalogues, entries for geoportals, and a word to whoever unpacks it.

::

    facts.py publisher.py licences.py      who, what, where, when, of what: one set of facts for every file
    formats.py exported.py layers.py       what was written, and which layers a map shows of it
    words.py                               the sentences in German: title, abstract, lineage, the AI label
    iso19139.py xml_parts.py               metadata as ISO 19139 (GDI-DE)
    dcat_ap_de.py rdf.py                   the same as DCAT-AP.de
    vcmap.py masterportal.py cesium.py     layer entries
    classes.py legend.py attributes.py     colours in classes, a legend, what a click shows
    readme.py write.py                     the words beside, and the one door
"""
