internal import CStemmer
public import SparseStore

/// A language with a stemmer in the system's libstemmer (Snowball).
public struct Language: Sendable, Hashable, CustomStringConvertible {
    /// The Snowball name of the language: `english`, `german`, `porter`.
    public let name: String

    /// English, with the newer Snowball algorithm.
    public static let english = Language(unchecked: "english")

    /// The languages that the system's libstemmer supports, sorted by name.
    public static let all: [Language] = {
        var languages: [Language] = []
        var next = sb_stemmer_list()
        while let entry = next?.pointee {
            languages.append(Language(unchecked: String(cString: entry)))
            next = next?.advanced(by: 1)
        }
        return languages.sorted { $0.name < $1.name }
    }()

    /// Returns the language with a name.
    ///
    /// - Throws: `invalidArgument`, which lists the names, if there is no such language.
    public init(_ name: String) throws(SparseStoreError) {
        guard let found = Self.all.first(where: { $0.name == name }) else {
            throw SparseStoreError(
                .invalidArgument, problem: "there is no stemmer for '\(name)'",
                remedy: "choose one of \(Self.all.map(\.name).joined(separator: ", "))")
        }
        self = found
    }

    private init(unchecked name: String) { self.name = name }

    /// The name of the language.
    public var description: String { name }

    /// The stop words of this language, in lowercase; empty for a language without a list.
    ///
    /// The lists come from the Snowball project.
    public var stopWords: Set<String> { Self.stopLists[name] ?? [] }

    /// All lists, by language. In the file, a line `[name]` begins a list.
    static let stopLists: [String: Set<String>] = {
        var lists: [String: Set<String>] = [:]
        var current = ""
        for fields in TextResource.lines(PackageResources.stop_words_txt) {
            guard let field = fields.first else { continue }
            if field.first == "[" {
                current = String(field.dropFirst().dropLast())
            } else {
                lists[current, default: []].formUnion(fields.map(String.init))
            }
        }
        return lists
    }()

    /// The articles and pronouns that are removed before an apostrophe, as in "l'avion".
    var elisions: Set<String> {
        switch name {
        case "french": ["l", "m", "t", "qu", "n", "s", "j", "d", "c", "jusqu", "quoiqu", "lorsqu", "puisqu"]
        case "catalan": ["d", "l", "m", "n", "s", "t"]
        case "italian":
            [
                "c", "l", "all", "dall", "dell", "nell", "sull", "coll", "pell", "gl", "agl", "dagl", "degl", "negl",
                "sugl",
                "un", "m", "t", "s", "v", "d",
            ]
        default: []
        }
    }
}

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
