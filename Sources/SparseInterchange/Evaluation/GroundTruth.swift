/// The exact best answers to a set of queries, little-endian: UInt32 queries, UInt32 k, UInt32 rows[queries x k],
/// Float32 scores[queries x k], best first. A row is the document whose id is that number in decimal.
public struct GroundTruth: Sendable {
    /// The number of queries.
    public let queries: Int
    /// The number of answers per query.
    public let k: Int

    private let rows: [UInt32]
    private let scores: [Float]

    /// Reads the file at `path`.
    public init(path: String) throws(InterchangeError) {
        try self.init(source: try ByteSource(path: path))
    }

    /// Reads the content of `source`.
    public init(source: ByteSource) throws(InterchangeError) {
        let bytes = try source.readAll()
        func word(_ index: Int) -> UInt32 {
            bytes.withUnsafeBytes {
                UInt32(littleEndian: $0.loadUnaligned(fromByteOffset: index * 4, as: UInt32.self))
            }
        }
        guard bytes.count >= 8 else { throw Self.wrongSize(source.name) }
        let (queries, k) = (Int(word(0)), Int(word(1)))
        let (count, overflow) = queries.multipliedReportingOverflow(by: k)
        guard !overflow, k > 0, count <= bytes.count / 8, bytes.count == 8 + count * 8 else {
            throw Self.wrongSize(source.name)
        }
        self.queries = queries
        self.k = k
        rows = (0..<count).map { word(2 + $0) }
        scores = (0..<count).map { Float(bitPattern: word(2 + count + $0)) }
        guard scores.allSatisfy({ $0.isFinite }) else {
            throw InterchangeError(
                .invalidInput, "'\(source.name)' has a score that is not a finite number; create the file again")
        }
    }

    /// Returns the best answers to the query at `index`, which must be below `queries`.
    public func answer(_ index: Int) -> Answer {
        let range = index * k..<(index + 1) * k
        return Answer(rows: rows[range], scores: scores[range])
    }

    /// The largest score of all answers; 0 if there are none.
    public var largestScore: Float { scores.max() ?? 0 }

    /// The best answers to one query.
    public struct Answer: Sendable {
        /// The documents, best first.
        public let rows: ArraySlice<UInt32>
        /// Their scores.
        public let scores: ArraySlice<Float>

        /// Makes an answer; without documents it is judged by scores alone.
        public init(rows: ArraySlice<UInt32>, scores: ArraySlice<Float>) {
            self.rows = rows
            self.scores = scores
        }
    }

    private static func wrongSize(_ name: String) -> InterchangeError {
        InterchangeError(
            .invalidInput,
            "'\(name)' is not a ground-truth file, because its size does not match its counts; "
                + "use the format that 'sparsestore eval --help' describes")
    }
}
