public import SparseStore

#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

/// Reads a matrix in compressed sparse row format with one document per row. The id of a document is its row number.
///
/// Two formats are detected from the content:
/// - that of the BigANN benchmarks, little-endian: Int64 rows, columns, nonzeros; Int64 indptr[rows + 1]; Int32
///   terms[nonzeros]; Float32 weights[nonzeros];
/// - NumPy's `.npz` with the arrays `indptr`, `indices`, `data` and optionally `shape` and `format`, as
///   `scipy.sparse.save_npz` and `numpy.savez` write it, compressed or not.
///
/// The weights of a row are far from its terms in the file, so the file is read by ranges, 1 MiB of each array at a
/// time. Input without random access (standard input, zstd, gzip, a compressed `.npz`) is first copied to a temporary
/// file without a name, in `TMPDIR` or /tmp, which takes as much disk space as the arrays.
public final class CSRReader: DocumentReader {
    /// The format of the file.
    public let format: InputFormat
    /// The number of rows.
    public var rows: Int { arrays.rows }
    /// The number of columns: every term is below it. 2^32 if the file does not say.
    public var columns: Int { Int(clamping: arrays.columns) }
    /// The number of weights.
    public var nonzeros: Int { Int(clamping: arrays.weights.count) }
    /// The size of the input on disk, if it is a regular file.
    public let inputSize: UInt64?

    /// The three arrays of the matrix.
    struct Arrays {
        var pointers: NumberArray
        var terms: NumberArray
        var weights: NumberArray
        /// The exclusive upper bound of terms.
        let columns: UInt64

        var rows: Int { Int(clamping: pointers.count) - 1 }
    }

    private let name: String
    private var arrays: Arrays
    private var nextRow: Int
    private let rules: ReadingRules
    private let acceptsNegative: Bool

    /// The number of bad weights left out of the rows read so far.
    public private(set) var droppedWeights = 0

    /// Opens the matrix of `source`, which must be at its beginning. All row pointers are checked immediately.
    ///
    /// - Parameters:
    ///   - source: The bytes of the file.
    ///   - position: The row at which reading begins.
    ///   - rules: What happens to weights that a store does not accept unchanged.
    public convenience init(
        source: ByteSource, from position: InputPosition = InputPosition(), rules: ReadingRules = ReadingRules()
    ) throws(InterchangeError) {
        try self.init(source: source, from: position, rules: rules, readsQueries: false)
    }

    /// The same; with `readsQueries`, rows may have weights below zero.
    init(
        source: ByteSource, from position: InputPosition = InputPosition(), rules: ReadingRules, readsQueries: Bool
    ) throws(InterchangeError) {
        self.rules = rules
        acceptsNegative = readsQueries
        name = source.name
        if try ZipArchive.begins(source) {
            format = .npz
            arrays = try NpzMatrix.open(source)
        } else {
            format = .csr
            arrays = try Self.open(source)
        }
        inputSize = source.rawSize
        nextRow = position.number
        try checkPointers()
        guard position.number <= rows else {
            throw InterchangeError(
                .invalidInput,
                "'\(name)' has \(rows) rows, but the last load stopped at row \(position.number), so "
                    + "the file has changed; load it without --resume")
        }
    }

    /// The arrays of a file in the BigANN format.
    private static func open(_ source: ByteSource) throws(InterchangeError) -> Arrays {
        let name = source.name
        let header = try CSRHeader(try source.peek(CSRHeader.bytes), name: name)
        let file = try source.randomAccess { () throws(InterchangeError) in
            let spool = try SpoolFile(copyOf: name)
            _ = try spool.copy(from: source, limit: header.fileSize)
            guard try source.peek(1).isEmpty else { throw Self.tooLong(name) }
            return spool.randomAccess(name: name)
        }
        try header.check(size: file.size, name: name)
        return Arrays(
            pointers: NumberArray(file: file, offset: header.pointersOffset, element: .int64, count: header.rows + 1),
            terms: NumberArray(file: file, offset: header.termsOffset, element: .int32, count: header.nonzeros),
            weights: NumberArray(file: file, offset: header.weightsOffset, element: .single, count: header.nonzeros),
            columns: header.columns)
    }

    /// The position after the last row read.
    public var position: InputPosition { InputPosition(offset: 0, number: nextRow) }

    /// The fraction of the rows that have been read.
    public var progress: Double? { rows == 0 ? nil : Double(nextRow) / Double(rows) }

    /// Returns the next document, whose id is the row number.
    public func next() throws(InterchangeError) -> DocumentRow? {
        guard nextRow < rows else { return nil }
        let number = nextRow
        let row = try row(number)
        nextRow += 1
        switch row {
        case .vector(let vector): return .document(Document(id: String(number), vector: vector), number: number)
        case .signed:
            return .reject(
                Reject(number: number, reason: JSONFault.Reason.negativeWeight.rawValue, concernsWeight: true))
        case .empty where rules.acceptsEmptyVectors:
            return .document(Document(id: String(number)), number: number)
        case .empty: return .reject(Reject(number: number, reason: JSONFault.emptyVector.text))
        case .reject(let reason, let concernsWeight):
            return .reject(Reject(number: number, reason: reason, concernsWeight: concernsWeight))
        }
    }

    /// Returns the row at `index`, which must be below `rows`.
    public func row(_ index: Int) throws(InterchangeError) -> CSRRow {
        guard (0..<rows).contains(index) else {
            throw InterchangeError(
                .invalidInput, "'\(name)' has \(rows) rows and no row \(index); choose a smaller row number")
        }
        let range = try arrays.pointers.integers(UInt64(index)..<UInt64(index) + 2)
        // Checked at the beginning, but the file may have changed since.
        guard range[0] <= range[1], range[1] <= arrays.weights.count else { throw Self.badPointer(name, row: index) }
        guard range[0] < range[1] else { return .empty }
        guard range[1] - range[0] <= UInt64(Limits.maximumTermsPerVector) else {
            return .reject(reason: JSONFault.Reason.tooManyTerms.rawValue, concernsWeight: false)
        }
        let terms = try arrays.terms.integers(range[0]..<range[1])
        var weights = try arrays.weights.floats(range[0]..<range[1])
        let dropped = rules.dropsBadWeights ? dropBad(&weights) : 0
        if rules.isStrict, let place = weights.firstIndex(of: 0) {
            return Self.reject(JSONFault.Reason.zeroWeight.rawValue, term: terms[place])
        }
        let row = row(terms, weights)
        switch row {
        case .vector, .signed: droppedWeights += dropped
        case .empty: droppedWeights += rules.acceptsEmptyVectors ? dropped : 0
        case .reject: break
        }
        return row
    }

    /// Replaces weights that a store does not accept by zeros, which are dropped later, and returns their number.
    private func dropBad(_ weights: inout [Float]) -> Int {
        var dropped = 0
        for index in weights.indices where weights[index] != 0 && !isAccepted(weights[index]) {
            weights[index] = 0
            dropped += 1
        }
        return dropped
    }

    /// Whether a weight other than zero is valid in a row.
    private func isAccepted(_ weight: Float) -> Bool {
        Limits.weights.contains(acceptsNegative ? abs(weight) : weight)
    }

    /// Checks and sorts the content of a row.
    private func row(_ terms: [UInt64], _ weights: [Float]) -> CSRRow {
        if let term = terms.first(where: { $0 >= arrays.columns }) {
            return Self.reject("a term is not below the number of columns", term: term)
        }
        if let place = weights.firstIndex(where: { !$0.isFinite }) {
            return Self.reject("a weight is not a finite number", term: terms[place], concernsWeight: true)
        }
        if !acceptsNegative, let place = weights.firstIndex(where: { $0 < 0 }) {
            return Self.reject(JSONFault.Reason.negativeWeight.rawValue, term: terms[place], concernsWeight: true)
        }
        if let place = weights.firstIndex(where: { $0 != 0 && !isAccepted($0) }) {
            return Self.reject(JSONFault.Reason.weightOutOfRange.rawValue, term: terms[place], concernsWeight: true)
        }
        var order = Array(terms.indices)
        if !zip(terms, terms.dropFirst()).allSatisfy({ $0 < $1 }) {
            order.sort { terms[$0] < terms[$1] }
            if let repeated = zip(order, order.dropFirst()).first(where: { terms[$0] == terms[$1] })?.0 {
                return Self.reject("a term appears twice in the row", term: terms[repeated])
            }
        }
        order.removeAll { weights[$0] == 0 }
        guard !order.isEmpty else { return .empty }
        if order.contains(where: { weights[$0] < 0 }) {
            return .signed(Dictionary(uniqueKeysWithValues: order.map { (TermID(terms[$0]), weights[$0]) }))
        }
        do {
            return .vector(try SparseVector(terms: order.map { TermID(terms[$0]) }, weights: order.map { weights[$0] }))
        } catch {
            return .reject(reason: "the row is not a vector that the store accepts", concernsWeight: false)
        }
    }

    private static func reject(_ reason: String, term: UInt64, concernsWeight: Bool = false) -> CSRRow {
        .reject(reason: "term \(Int64(bitPattern: term)): \(reason)", concernsWeight: concernsWeight)
    }

    /// Reads all row pointers once: they begin at 0, never decrease, and end at the number of nonzeros.
    private func checkPointers() throws(InterchangeError) {
        var previous: UInt64 = 0
        var row = 0
        while row <= rows {
            let upper = min(row + 65_536, rows + 1)
            for (index, pointer) in try arrays.pointers.integers(UInt64(row)..<UInt64(upper)).enumerated() {
                guard pointer >= previous, row + index > 0 || pointer == 0 else {
                    throw Self.badPointer(name, row: row + index)
                }
                previous = pointer
            }
            row = upper
        }
        guard previous == arrays.weights.count else { throw Self.badPointer(name, row: rows) }
    }

    private static func badPointer(_ name: String, row: Int) -> InterchangeError {
        InterchangeError(
            .invalidInput,
            "'\(name)' is damaged: the row pointers do not ascend from 0 to the number of nonzeros "
                + "(pointer \(row)); download or create it again")
    }

    private static func tooLong(_ name: String) -> InterchangeError {
        InterchangeError(
            .invalidInput, "'\(name)' is longer than its header declares; download or create it again")
    }
}

/// The three counts at the start of a CSR file, checked against each other and against the size of the file.
struct CSRHeader {
    static let bytes = 24

    let rows: UInt64
    let columns: UInt64
    let nonzeros: UInt64

    /// The size of a file with these counts.
    let fileSize: UInt64

    /// Decodes the first bytes of `name`.
    init(_ head: [UInt8], name: String) throws(InterchangeError) {
        guard head.count >= Self.bytes else {
            throw InterchangeError(
                .invalidInput,
                "'\(name)' is too short for the header of a CSR file; if it is JSON Lines, use '--format jsonl'")
        }
        let counts = head.withUnsafeBytes { bytes in
            (0..<3).map { Int64(littleEndian: bytes.loadUnaligned(fromByteOffset: $0 * 8, as: Int64.self)) }
        }
        guard counts.allSatisfy({ $0 >= 0 }), counts[1] <= 1 << 32 else {
            throw InterchangeError(
                .invalidInput, "'\(name)' is not a CSR file, because its header has impossible counts; check its format"
            )
        }
        (rows, columns, nonzeros) = (UInt64(counts[0]), UInt64(counts[1]), UInt64(counts[2]))
        let (pointers, overflow1) = (rows + 1).multipliedReportingOverflow(by: 8)
        let (values, overflow2) = nonzeros.multipliedReportingOverflow(by: 8)
        let (sum, overflow3) = pointers.addingReportingOverflow(values)
        let (total, overflow4) = sum.addingReportingOverflow(UInt64(Self.bytes))
        guard !overflow1, !overflow2, !overflow3, !overflow4, total <= UInt64(Int64.max) else {
            throw InterchangeError(
                .invalidInput,
                "'\(name)' is not a CSR file, because its header declares more data than a file can hold; "
                    + "check its format"
            )
        }
        fileSize = total
    }

    /// The offset of the row pointers.
    fileprivate var pointersOffset: UInt64 { UInt64(Self.bytes) }
    /// The offset of the terms.
    fileprivate var termsOffset: UInt64 { pointersOffset + (rows + 1) * 8 }
    /// The offset of the weights.
    fileprivate var weightsOffset: UInt64 { termsOffset + nonzeros * 4 }

    /// Checks the counts against the actual size of the file.
    func check(size: UInt64, name: String) throws(InterchangeError) {
        guard size != fileSize else { return }
        let difference =
            size < fileSize ? "\(fileSize - size) bytes are missing" : "it has \(size - fileSize) extra bytes"
        throw InterchangeError(
            .invalidInput,
            "the size of '\(name)' does not match its header (\(difference)); download or create it again")
    }
}

/// The content of a row of a CSR file.
public enum CSRRow: Sendable, Hashable {
    /// A vector with at least one weight above zero.
    case vector(SparseVector)
    /// The row has weights by term of which at least one is below zero, as queries may have them.
    case signed([TermID: Float])
    /// The row has no weight other than zero.
    case empty
    /// The row is not a vector, with the reason, and whether a bad weight is the only problem.
    case reject(reason: String, concernsWeight: Bool)
}

/// Finds the files that belong to a matrix in the layout of lsr-benchmark (github.com/reneuir/lsr-benchmark):
/// `doc/doc-embeddings.npz` next to `doc/doc-ids.txt`, and `query/query-embeddings.npz` next to `query/query-ids.txt`.
package enum MatrixFile {
    /// Returns the file with the ids of the rows of `NAME-embeddings.npz`, which is `NAME-ids.txt`; nil if it does not
    /// exist.
    package static func idsBeside(_ path: String) -> String? {
        let suffix = "-embeddings.npz"
        guard path.utf8.count > suffix.utf8.count, path.hasSuffix(suffix) else { return nil }
        let ids = path.dropLast(suffix.count) + "-ids.txt"
        return FileManager.default.isReadableFile(atPath: String(ids)) ? String(ids) : nil
    }

    /// Returns the matrix in `path` if that is such a folder: that of the documents or, with `isQueries`, of the
    /// queries. Other paths are returned unchanged.
    package static func resolve(_ path: String, isQueries: Bool = false) -> String {
        let name = isQueries ? "query" : "doc"
        for candidate in ["\(path)/\(name)-embeddings.npz", "\(path)/\(name)/\(name)-embeddings.npz"]
        where FileManager.default.isReadableFile(atPath: candidate) { return candidate }
        return path
    }
}
