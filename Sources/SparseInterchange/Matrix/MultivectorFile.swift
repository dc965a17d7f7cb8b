public import SparseStore

/// Token vectors of many documents or queries in two NumPy arrays: the vectors one below the other (`<f2` or `<f4`, two
/// dimensions), and the row at which each document begins (`<i8`, `<u8`, `<i4` or `<u4`, one dimension), with the number
/// of rows at the end. For one thread.
public final class MultivectorFile {
    /// What stands at one place.
    public enum Entry: Sendable, Hashable {
        /// Token vectors.
        case multivector(Multivector)
        /// No token vector.
        case empty
        /// Token vectors that no store takes, and why.
        case reject(reason: String)
    }

    /// How many documents or queries there are.
    public let count: Int
    /// Components of a token vector.
    public let dimension: Int
    /// What messages call the file of token vectors.
    public var name: String { tokens.name }

    private let tokens: NpyArray
    /// Nil when all token vectors are those of one query.
    private let offsets: NpyArray?

    /// Opens both files. All offsets are checked at once: they rise from 0 to the number of token vectors.
    /// - Parameters:
    ///   - tokens: the path of the token vectors.
    ///   - offsets: the path of the rows at which they begin; nil when all token vectors belong together.
    public init(tokens: String, offsets: String?) throws(InterchangeError) {
        self.tokens = try NpyArray(path: tokens, dimensions: 2, elements: [.half, .single])
        self.offsets = try offsets.map { path throws(InterchangeError) in
            try NpyArray(path: path, dimensions: 1, elements: NumberArray.Element.integers)
        }
        guard (1...UInt64(Limits.maximumDimension)).contains(self.tokens.columns) else {
            throw InterchangeError(
                .limitExceeded,
                "'\(self.tokens.name)' has token vectors of \(self.tokens.columns) components; "
                    + "a store takes 1 to \(Limits.maximumDimension)")
        }
        dimension = Int(self.tokens.columns)
        count = self.offsets.map { Int(clamping: $0.rows) - 1 } ?? 1
        if let offsets = self.offsets { try Self.check(offsets, end: self.tokens.rows) }
    }

    /// What stands at a place, from 0, which must be below `count`.
    public func entry(_ index: Int) throws(InterchangeError) -> Entry {
        guard (0..<count).contains(index) else {
            throw InterchangeError(
                .invalidInput,
                "'\(name)' has token vectors for \(count) documents or queries, and not for number \(index), from 0; "
                    + "give the file that belongs to the input")
        }
        var range = 0..<tokens.rows
        if let offsets {
            let bounds = try offsets.integers(UInt64(index)..<UInt64(index) + 2)
            // Checked at the beginning, but a file may change.
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
            "the offsets in '\(name)' do not rise from 0 to the number of token vectors (number \(index), from 0); "
                + "give the file that belongs to the token vectors")
    }
}
