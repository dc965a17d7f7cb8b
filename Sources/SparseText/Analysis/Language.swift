internal import CStemmer
public import SparseStore

/// A language that words can be stemmed in: one of those of the system's libstemmer (Snowball).
public struct Language: Sendable, Hashable, CustomStringConvertible {
    /// The name that Snowball gives it: `english`, `german`, `porter`.
    public let name: String

    /// English, by Snowball's newer algorithm for it.
    public static let english = Language(unchecked: "english")

    /// The languages that this system's libstemmer knows, by name.
    public static let all: [Language] = {
        var languages: [Language] = []
        var next = sb_stemmer_list()
        while let entry = next?.pointee {
            languages.append(Language(unchecked: String(cString: entry)))
            next = next?.advanced(by: 1)
        }
        return languages.sorted { $0.name < $1.name }
    }()

    /// Finds a language by its name.
    ///
    /// - Throws: `invalidArgument`, which lists the names, for another one.
    public init(_ name: String) throws(SparseStoreError) {
        guard let found = Self.all.first(where: { $0.name == name }) else {
            throw SparseStoreError(
                .invalidArgument,
                "there is no stemmer for '\(name)'; choose one of \(Self.all.map(\.name).joined(separator: ", "))")
        }
        self = found
    }

    private init(unchecked name: String) { self.name = name }

    /// The name.
    public var description: String { name }

    /// Words of this language that carry little meaning, in lower case; empty for a language without a list.
    ///
    /// The lists are those of the Snowball project.
    public var stopWords: Set<String> { Self.stopLists[name] ?? [] }

    /// All lists, by language. In the file a line `[name]` begins one.
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

    /// What is cut off before an apostrophe: articles and pronouns without their vowel, as in "l'avion".
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
