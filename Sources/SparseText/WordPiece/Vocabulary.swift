internal import SparseFormat

/// The fingerprint of a vocabulary.
enum Vocabulary {
    /// A hash of all tokens in order, and of the settings that affect tokenization.
    static func fingerprint(_ tokens: [String], _ others: [UInt8] = []) -> UInt64 {
        var bytes = others
        for token in tokens { bytes += token.utf8 + [0] }
        return XXH64.hash(bytes, seed: 1)
    }
}
