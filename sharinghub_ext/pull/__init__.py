"""`sharinghub pull`: the files and DVC data of an item, without git and without DVC.

`naming` says which item is meant, `hub` asks for it, `planning` which files that is, `target` where they may lie,
`fetching` gets each of them, and `manifest` writes down what there is.
"""
