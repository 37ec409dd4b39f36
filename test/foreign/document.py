"""Opens each document with a library of others, writes it anew, and says what is wrong with it."""
import io
import sys

import docx

for path in sys.argv[1:]:
    try:
        document = docx.Document(path)
        again = io.BytesIO()
        document.save(again)
        document = docx.Document(again)
    except Exception as fault:  # whatever the library cannot read
        print(f"{path}: {fault!r}")
        continue
    styles = [p.style.name for p in document.paragraphs]
    if styles[0] != "Title" or not any(s.startswith("Heading") for s in styles):
        print(f"{path}: it has no title or no headings: {styles[:9]}")
    if not document.core_properties.title or not document.core_properties.language:
        print(f"{path}: it has no name or no language")
    for shape in document.inline_shapes:
        if shape.width <= 0 or shape.height <= 0 or shape.width > document.sections[0].page_width:
            print(f"{path}: a picture of {shape.width} × {shape.height}")
