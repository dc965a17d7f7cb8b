public import SparseStore

/// The token vectors of many documents or queries in two NumPy arrays: the vectors, one per row (`<f2` or `<f4`, two
/// dimensions), and the first row of each document (`<i8`, `<u8`, `<i4` or `<u4`, one dimension), followed by the
/// number of rows. Only one thread may use it.
public final class MultivectorFile {
    /// The token vectors at one index.
    public enum Entry: Sendable, Hashable {
        /// Token vectors.
        case multivector(Multivector)
        /// There are no token vectors.
        case empty
        /// The token vectors are not valid, with the reason.
        case reject(reason: String)
    }

    /// The number of documents or queries.
    public let count: Int
    /// The number of components of a token vector.
    public let dimension: Int
    /// The name of the file of token vectors in messages.
    public var name: String { tokens.name }

    private let tokens: NpyArray
    /// Nil if all token vectors belong to one query.
    private let offsets: NpyArray?

    /// Opens both files. All offsets are checked immediately: they ascend from 0 to the number of token vectors.
    /// - Parameters:
    ///   - tokens: The path of the token vectors.
    ///   - offsets: The path of the offsets; nil if all token vectors belong together.
    public init(tokens: String, offsets: String?) throws(InterchangeError) {
        self.tokens = try NpyArray(path: tokens, dimensions: 2, elements: [.half, .single])
        self.offsets = try offsets.map { path throws(InterchangeError) in
            try NpyArray(path: path, dimensions: 1, elements: NumberArray.Element.integers)
        }
        guard (1...UInt64(Limits.maximumDimension)).contains(self.tokens.columns) else {
            throw InterchangeError(
                .limitExceeded,
                "'\(self.tokens.name)' has token vectors of \(self.tokens.columns) components; "
                    + "use vectors with 1 to \(Limits.maximumDimension) components")
        }
        dimension = Int(self.tokens.columns)
        count = self.offsets.map { Int(clamping: $0.rows) - 1 } ?? 1
        if let offsets = self.offsets { try Self.check(offsets, end: self.tokens.rows) }
    }

    /// Returns the token vectors at an index, from 0, which must be below `count`.
    public func entry(_ index: Int) throws(InterchangeError) -> Entry {
        guard (0..<count).contains(index) else {
            throw InterchangeError(
                .invalidInput,
                "'\(name)' has token vectors for \(count) documents or queries, but not for number \(index) (from 0); "
                    + "use the file that belongs to the input")
        }
        var range = 0..<tokens.rows
        if let offsets {
            let bounds = try offsets.integers(UInt64(index)..<UInt64(index) + 2)
            // Checked at the beginning, but the file may have changed since.
            guard bounds[0] <= bounds[1], bounds[1] <= tokens.rows else { throw Self.badOffset(offsets.name, index) }
            range = bounds[0]..<bounds[1]
        }
        guard !range.isEmpty else { return .empty }
        guard range.count <= Limits.maximumTokensPerMultivector else {
            return .reject(reason: VectorError(.tooManyTokens(range.count)).message)
        }
        let components = try tokens.floats(range)
        do {
            return .multivector(try Multivector(dimension: dimension, components: components))
        } catch {
            return .reject(reason: error.message)
        }
    }

    private static func check(_ offsets: NpyArray, end: UInt64) throws(InterchangeError) {
        guard offsets.rows >= 1 else { throw badOffset(offsets.name, 0) }
        var previous: UInt64 = 0
        var row: UInt64 = 0
        while row < offsets.rows {
            let upper = min(row + 65_536, offsets.rows)
            for (index, offset) in try offsets.integers(row..<upper).enumerated() {
                let isFirst = row == 0 && index == 0
                guard offset >= previous, !isFirst || offset == 0 else {
                    throw badOffset(offsets.name, Int(row) + index)
                }
                previous = offset
            }
            row = upper
        }
        guard previous == end else { throw badOffset(offsets.name, Int(offsets.rows) - 1) }
    }

    private static func badOffset(_ name: String, _ index: Int) -> InterchangeError {
        InterchangeError(
            .invalidInput,
            "the offsets in '\(name)' do not ascend from 0 to the number of token vectors (number \(index), from 0); "
                + "use the file that belongs to the token vectors")
    }
}
