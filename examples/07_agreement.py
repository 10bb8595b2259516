from agreement.rows import make_rows
print(len(make_rows()))
