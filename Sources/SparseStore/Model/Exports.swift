// A user types `import SparseStore` and has SparseVector, TermID and Limits.
@_exported public import SparseFormat
