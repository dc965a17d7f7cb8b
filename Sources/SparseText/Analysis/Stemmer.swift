internal import CStemmer

/// Snowball's algorithm for one language. An object for one thread.
final class Stemmer {
    private let handle: OpaquePointer

    /// Nil when memory ran out or libstemmer has lost the language.
    init?(_ language: Language) {
        guard let handle = sb_stemmer_new(language.name, nil) else { return nil }
        self.handle = handle
    }

    deinit { sb_stemmer_delete(handle) }

    /// Replaces a word, in UTF-8 and lower case, by its stem. A word that cannot be stemmed stays.
    func stem(_ word: inout [UInt8]) {
        let count = Int32(clamping: word.count)
        guard let stem = word.withUnsafeBufferPointer({ sb_stemmer_stem(handle, $0.baseAddress, count) }) else {
            return
        }
        let length = Int(sb_stemmer_length(handle))
        // The result is libstemmer's own memory, which lasts until the next call. No word becomes nothing.
        if length > 0 { word.replaceSubrange(0..., with: UnsafeBufferPointer(start: stem, count: length)) }
    }
}
