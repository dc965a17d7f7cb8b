/// The arrays of a sparse matrix in NumPy's `.npz`, a zip archive of `.npy` files.
enum NpzMatrix {
    /// Opens the matrix in `source`.
    static func open(_ source: ByteSource) throws(InterchangeError) -> CSRReader.Arrays {
        let name = source.name
        let file = try source.randomAccess { () throws(InterchangeError) in
            let spool = try SpoolFile(copyOf: name)
            _ = try spool.copy(from: source, limit: .max)
            return spool.randomAccess(name: name)
        }
        let archive = try ZipArchive(file)
        guard let pointers = try array("indptr", in: archive, name, NumberArray.Element.integers),
            let terms = try array("indices", in: archive, name, NumberArray.Element.integers),
            let weights = try array("data", in: archive, name, NumberArray.Element.weights)
        else {
            throw InterchangeError(
                .unsupported,
                "'\(name)' is a zip archive without the arrays of a sparse matrix (indptr, indices, data); "
                    + "write it with scipy.sparse.save_npz(file, matrix.tocsr()), or unpack it with unzip")
        }
        try checkFormat(archive, name)
        guard pointers.count >= 1, terms.count == weights.count else {
            throw InterchangeError(
                .invalidInput,
                "the arrays in '\(name)' do not match: \(pointers.count) row pointers, \(terms.count) indices, "
                    + "\(weights.count) weights; save the matrix again")
        }
        return CSRReader.Arrays(
            pointers: pointers, terms: terms, weights: weights,
            columns: try columns(archive, rows: pointers.count - 1, name) ?? 1 << 32)
    }

    private static func array(
        _ member: String, in archive: ZipArchive, _ name: String, _ elements: [NumberArray.Element]
    ) throws(InterchangeError) -> NumberArray? {
        guard let content = try archive.open("\(member).npy", limit: UInt64(Int64.max)) else { return nil }
        return try NpyArray(content, name: "\(member)' in '\(name)", dimensions: 1, elements: elements).numbers
    }

    /// A SciPy matrix names its layout: only row layouts can be read as documents.
    private static func checkFormat(_ archive: ZipArchive, _ name: String) throws(InterchangeError) {
        guard let content = try archive.open("format.npy", limit: 1_024) else { return }
        let bytes = try content.file.bytes(at: content.range.lowerBound, count: content.range.count)
        guard let length = NpyHeader.length(bytes), length <= bytes.count else { return }
        let layout = String(decoding: bytes[length...].filter { (0x61...0x7A).contains($0) }, as: UTF8.self)
        guard layout == "csr" else {
            throw InterchangeError(
                .unsupported,
                "'\(name)' has a matrix in the layout '\(layout)'; write it by rows with "
                    + "scipy.sparse.save_npz(file, matrix.tocsr())")
        }
    }

    /// Returns the number of columns if the archive has it.
    private static func columns(
        _ archive: ZipArchive, rows: UInt64, _ name: String
    ) throws(InterchangeError) -> UInt64? {
        guard var shape = try array("shape", in: archive, name, NumberArray.Element.integers) else { return nil }
        let extents = shape.count == 2 ? try shape.integers(0..<2) : []
        guard extents.count == 2, extents[0] == rows, extents[1] <= 1 << 32 else {
            throw InterchangeError(
                .invalidInput,
                "the shape in '\(name)' does not have \(rows) rows and at most 2^32 columns; save the matrix again")
        }
        return extents[1]
    }
}
