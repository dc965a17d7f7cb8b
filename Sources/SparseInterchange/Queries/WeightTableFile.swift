public import SparseStore

/// A static table of query weights, which is part of an inference-free model.
///
/// Two formats are detected from the content: raw little-endian Float32, one per term number, and a JSON object of
/// weights by term name.
public enum WeightTableFile: Sendable, Hashable {
    /// One weight for each term number.
    case byNumber([Float])
    /// Weights by name; a missing term has weight zero.
    case byName([WeightedTerm])

    /// The table for `Weighting.table(_:)`: by number for a store whose terms are numbers, by name for one whose terms
    /// are strings. A search refuses the other kind.
    ///
    /// - Throws: `invalidArgument` if a name appears twice.
    public var table: WeightTable {
        get throws(SparseStoreError) {
            switch self {
            case .byNumber(let weights): try WeightTable(weights)
            case .byName(let terms): try WeightTable(terms: terms)
            }
        }
    }

    /// Reads the table at `path`.
    public init(path: String) throws(InterchangeError) {
        try self.init(source: try ByteSource(path: path))
    }

    /// Reads the content of `source`.
    public init(source: ByteSource) throws(InterchangeError) {
        let bytes = try source.readAll()
        if let first = bytes.first(where: { ![0x20, 0x09, 0x0A, 0x0D].contains($0) }), first == UInt8(ascii: "{"),
            !bytes.contains(0)
        {
            self = .byName(try TermsText.parse(String(decoding: bytes, as: UTF8.self)))
            return
        }
        guard bytes.count.isMultiple(of: 4), !bytes.isEmpty else {
            throw InterchangeError(
                .invalidInput,
                "'\(source.name)' is not a table of 32-bit floats: \(bytes.count) bytes; "
                    + "write one little-endian float per term")
        }
        let weights = bytes.withUnsafeBytes { raw in
            (0..<raw.count / 4).map {
                Float(bitPattern: UInt32(littleEndian: raw.loadUnaligned(fromByteOffset: $0 * 4, as: UInt32.self)))
            }
        }
        if let bad = weights.firstIndex(where: { !$0.isFinite || $0 < 0 }) {
            throw InterchangeError(
                .invalidInput,
                "entry \(bad) of '\(source.name)' is not a finite, non-negative weight; correct the table")
        }
        self = .byNumber(weights)
    }
}
