internal import CStemmer

/// The Snowball algorithm for one language. Only one thread may use an object.
final class Stemmer {
    private let handle: OpaquePointer

    /// Nil if memory ran out or libstemmer does not have the language.
    init?(_ language: Language) {
        guard let handle = sb_stemmer_new(language.name, nil) else { return nil }
        self.handle = handle
    }

    deinit { sb_stemmer_delete(handle) }

    /// Replaces a lowercase UTF-8 word by its stem. A word that cannot be stemmed does not change.
    func stem(_ word: inout [UInt8]) {
        let count = Int32(clamping: word.count)
        guard let stem = word.withUnsafeBufferPointer({ sb_stemmer_stem(handle, $0.baseAddress, count) }) else {
            return
        }
        let length = Int(sb_stemmer_length(handle))
        // The result is in libstemmer's memory, which is valid until the next call. No word becomes empty.
        if length > 0 { word.replaceSubrange(0..., with: UnsafeBufferPointer(start: stem, count: length)) }
    }
}
