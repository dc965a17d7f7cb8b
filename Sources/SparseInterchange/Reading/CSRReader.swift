internal import SparseStore

/// Reads the compressed sparse rows of the BigANN benchmarks, little-endian: Int64 rows, columns, nonzeros; Int64
/// indptr[rows + 1]; Int32 terms[nonzeros]; Float32 weights[nonzeros]. A row's number is its document's id.
///
/// The weights of a row stand far behind its terms, so the file is read by ranges, 1 MiB of each array at a time. Input
/// that cannot be read so (standard input, zstd) is first copied to a temporary file without a name, in `TMPDIR` or /tmp,
/// which takes 8 bytes a row and 8 bytes a nonzero of disk.
public final class CSRReader: DocumentReader {
    /// How many rows there are.
    public let rows: Int
    /// How many terms the rows are written in: every term is below.
    public let columns: Int
    /// How many weights there are.
    public let nonzeros: Int
    /// The size of the input as it lies on disk, where it is a regular file.
    public let inputSize: UInt64?

    private let name: String
    private var pointers: ArrayWindow
    private var terms: ArrayWindow
    private var weights: ArrayWindow
    private var nextRow: Int

    /// Opens the CSR file that `source`, still at its beginning, gives. All row pointers are checked at once.
    public init(source: ByteSource, from position: InputPosition = InputPosition()) throws(InterchangeError) {
        let name = source.name
        let header = try CSRHeader(try source.peek(CSRHeader.bytes), name: name)
        let file = try source.randomAccess { () throws(InterchangeError) in
            let spool = try SpoolFile(copyOf: name)
            _ = try spool.copy(from: source, limit: header.fileSize)
            guard try source.peek(1).isEmpty else { throw Self.tooLong(name) }
            return spool.randomAccess(name: name)
        }
        try header.check(size: file.size, name: name)
        self.name = name
        rows = Int(header.rows)
        columns = Int(header.columns)
        nonzeros = Int(header.nonzeros)
        inputSize = source.rawSize
        pointers = ArrayWindow(
            file: file, offset: header.pointersOffset, elementBytes: 8, count: header.rows + 1)
        terms = ArrayWindow(file: file, offset: header.termsOffset, elementBytes: 4, count: header.nonzeros)
        weights = ArrayWindow(file: file, offset: header.weightsOffset, elementBytes: 4, count: header.nonzeros)
        nextRow = position.number
        try checkPointers()
        guard position.number <= rows else {
            throw InterchangeError(
                .invalidInput,
                "'\(name)' has \(rows) rows, but the last reading stopped at row \(position.number); "
                    + "it is another file, read it from the beginning")
        }
    }

    /// Compressed sparse rows.
    public var format: InputFormat { .csr }

    /// The place after the last row read.
    public var position: InputPosition { InputPosition(offset: 0, number: nextRow) }

    /// The share of the rows that has been read.
    public var progress: Double? { rows == 0 ? nil : Double(nextRow) / Double(rows) }

    /// The next row's document, whose id is the number of the row.
    public func next() throws(InterchangeError) -> DocumentRow? {
        guard nextRow < rows else { return nil }
        let number = nextRow
        let row = try row(number)
        nextRow += 1
        switch row {
        case .vector(let vector): return .document(Document(id: String(number), vector: vector), number: number)
        case .empty: return .reject(Reject(number: number, reason: JSONFault.Reason.emptyVector.rawValue))
        case .reject(let reason): return .reject(Reject(number: number, reason: reason))
        }
    }

    /// The row `index`, which must be below `rows`.
    public func row(_ index: Int) throws(InterchangeError) -> CSRRow {
        guard (0..<rows).contains(index) else {
            throw InterchangeError(.invalidInput, "'\(name)' has \(rows) rows; there is no row \(index)")
        }
        let range = try pointers.read(UInt64(index)..<UInt64(index) + 2) { bytes in
            (Self.pointer(bytes, 0), Self.pointer(bytes, 1))
        }
        guard range.0 <= range.1, range.1 <= UInt64(nonzeros) else { throw Self.badPointer(name, row: index) }
        guard range.0 < range.1 else { return .empty }
        guard range.1 - range.0 <= UInt64(Limits.maximumTermsPerVector) else {
            return .reject(reason: JSONFault.Reason.tooManyTerms.rawValue)
        }
        let rowTerms = try terms.read(range.0..<range.1) { bytes in
            (0..<bytes.count / 4).map {
                Int32(littleEndian: bytes.loadUnaligned(fromByteOffset: $0 * 4, as: Int32.self))
            }
        }
        let rowWeights = try weights.read(range.0..<range.1) { bytes in
            (0..<bytes.count / 4).map {
                Float(bitPattern: UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: $0 * 4, as: UInt32.self)))
            }
        }
        return Self.row(rowTerms, rowWeights, columns: columns)
    }

    /// Checks and sorts what a row holds.
    private static func row(_ terms: [Int32], _ weights: [Float], columns: Int) -> CSRRow {
        guard terms.allSatisfy({ $0 >= 0 && Int($0) < columns }) else {
            return .reject(reason: "a term is not below the number of columns")
        }
        guard weights.allSatisfy({ $0.isFinite }) else { return .reject(reason: "a weight is not a finite number") }
        guard weights.allSatisfy({ $0 >= 0 }) else { return .reject(reason: JSONFault.Reason.negativeWeight.rawValue) }
        guard weights.allSatisfy({ $0 == 0 || Limits.weights.contains($0) }) else {
            return .reject(reason: JSONFault.Reason.weightOutOfRange.rawValue)
        }
        var order = Array(terms.indices)
        if !zip(terms, terms.dropFirst()).allSatisfy({ $0 < $1 }) {
            order.sort { terms[$0] < terms[$1] }
            guard zip(order, order.dropFirst()).allSatisfy({ terms[$0] < terms[$1] }) else {
                return .reject(reason: "a term stands twice in the row")
            }
        }
        order.removeAll { weights[$0] == 0 }
        guard !order.isEmpty else { return .empty }
        do {
            return .vector(try SparseVector(terms: order.map { TermID(terms[$0]) }, weights: order.map { weights[$0] }))
        } catch {
            return .reject(reason: "the row is not a vector the store accepts")
        }
    }

    /// Reads all row pointers once: they begin at 0, never fall, and end at the number of nonzeros.
    private func checkPointers() throws(InterchangeError) {
        var previous: UInt64 = 0
        var row = 0
        while row <= rows {
            let upper = min(row + 65_536, rows + 1)
            let (first, start) = (row == 0, previous)
            let outcome = try pointers.read(UInt64(row)..<UInt64(upper)) { bytes -> (last: UInt64, bad: Int?) in
                var last = start
                for index in 0..<bytes.count / 8 {
                    let value = Self.pointer(bytes, index)
                    if value < last || (first && index == 0 && value != 0) { return (last, index) }
                    last = value
                }
                return (last, nil)
            }
            if let bad = outcome.bad { throw Self.badPointer(name, row: row + bad) }
            previous = outcome.last
            row = upper
        }
        guard previous == UInt64(nonzeros) else { throw Self.badPointer(name, row: rows) }
    }

    private static func pointer(_ bytes: UnsafeRawBufferPointer, _ index: Int) -> UInt64 {
        UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: index * 8, as: UInt64.self))
    }

    private static func badPointer(_ name: String, row: Int) -> InterchangeError {
        InterchangeError(
            .invalidInput,
            "'\(name)' is damaged: the row pointers do not rise from 0 to the number of nonzeros "
                + "(pointer \(row)); get it again")
    }

    private static func tooLong(_ name: String) -> InterchangeError {
        InterchangeError(
            .invalidInput, "'\(name)' is longer than its header promises; get it again")
    }
}
