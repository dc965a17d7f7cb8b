public import SparseStore

/// A static table of query weights that ships with an inference-free model.
///
/// Two forms are read and told apart by their content: raw little-endian Float32, one for each term number, and a JSON
/// object of weights by the name of the term.
public enum WeightTableFile: Sendable, Hashable {
    /// One weight for each term number.
    case byNumber([Float])
    /// Weights by name; a term that is not there weighs nothing.
    case byName([WeightedTerm])

    /// The table for `Weighting.table(_:)`: by number for a store whose terms are numbers, by name for one whose terms are
    /// strings. The other kind is refused by the search.
    ///
    /// - Throws: `invalidArgument` for a name that stands twice.
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

    /// Reads what `source` gives.
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
                    + "write one little-endian float for each term")
        }
        let weights = bytes.withUnsafeBytes { raw in
            (0..<raw.count / 4).map {
                Float(bitPattern: UInt32(littleEndian: raw.loadUnaligned(fromByteOffset: $0 * 4, as: UInt32.self)))
            }
        }
        if let bad = weights.firstIndex(where: { !$0.isFinite || $0 < 0 }) {
            throw InterchangeError(
                .invalidInput,
                "entry \(bad) of '\(source.name)' is not a finite weight of at least 0; correct the table")
        }
        self = .byNumber(weights)
    }
}
