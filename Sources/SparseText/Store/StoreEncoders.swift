public import SparseStore
internal import Synchronization

/// Creates encoders from the description in a store. This works for encoders with the usual analyzers.
public enum StoreEncoders {
    private struct Key: Hashable {
        let name: String
        let scoring: Scoring
    }

    /// Computing the fingerprint of an analyzer takes a millisecond.
    private static let known = Mutex<[Key: any TextEncoder]>([:])

    /// Returns the encoder that a store describes.
    ///
    /// - Throws: `invalidArgument` when the store describes none, or one that needs files; `encoderMismatch` when this
    ///   system's analyzer of that name makes other terms.
    public static func encoder(for description: EncoderDescription?) throws(SparseStoreError) -> any TextEncoder {
        guard let description else {
            throw SparseStoreError(
                .invalidArgument,
                "the store has no record of the encoder of its documents; pass the encoder, "
                    + "or query with weighted terms"
            )
        }
        let key = Key(name: description.name, scoring: description.scoring)
        let encoder: any TextEncoder
        if let found = known.withLock({ $0[key] }) {
            encoder = found
        } else {
            encoder = try make(description)
            known.withLock { $0[key] = encoder }
        }
        try description.check(encoder.description)
        return encoder
    }

    /// The encoder to ask a store with.
    ///
    /// - Parameters:
    ///   - description: of what filled the store; nil where nobody has said, which leaves the choice to the caller.
    ///   - given: the caller's encoder; nil for the one that the description is enough to make.
    static func encoder(
        for description: EncoderDescription?, given: (any TextEncoder)?
    ) throws(SparseStoreError) -> any TextEncoder {
        guard let given else { return try encoder(for: description) }
        if let description { try description.check(given.description) }
        return given
    }

    private static func make(_ description: EncoderDescription) throws(SparseStoreError) -> any TextEncoder {
        let parts = description.name.split(separator: ":", maxSplits: 1).map(String.init)
        let language = parts.count == 2 && parts[1] != "none" ? try Language(parts[1]) : nil
        switch (parts[0], description.scoring) {
        case ("bm25", .bm25(let k1, let b)) where parts.count == 2: return BM25(language: language, k1: k1, b: b)
        case ("analyzer", .innerProduct) where parts.count == 2: return CountEncoder(Analyzer(language: language))
        default:
            throw SparseStoreError(
                .invalidArgument,
                "the encoder \(description) of the store cannot be created from its name; pass the encoder"
            )
        }
    }
}
