"""Opens workbooks as a library of others does, and says what is wrong with each."""
import sys
import warnings

import openpyxl

warnings.simplefilter("error")  # what it cannot keep, it warns of
for path in sys.argv[1:]:
    try:
        book = openpyxl.load_workbook(path)
        cells = sum(1 for sheet in book for row in sheet for cell in row if cell.value is not None)
        for sheet in book:
            for row in sheet:
                for cell in row:
                    if cell.data_type == "e":
                        print(f"{path}: {sheet.title}!{cell.coordinate} is the error {cell.value}")
        if cells == 0:
            print(f"{path}: nothing is in it")
        book.save(path + ".again.xlsx")
    except Exception as e:  # whatever is wrong, the file is
        print(f"{path}: {type(e).__name__}: {e}")
