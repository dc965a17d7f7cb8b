/// The words of a filter's text, one after the other.
struct FilterTokens {
    /// A word and where it begins, in characters from 1.
    struct Token {
        let kind: Kind
        let position: Int
    }

    /// What a word is.
    enum Kind: Equatable {
        case and
        case or
        case not
        case open
        case close
        case tag(String)
        case id(String)
        case end

        /// For error messages; never the caller's own names.
        var name: String {
            switch self {
            case .and: "AND"
            case .or: "OR"
            case .not: "NOT"
            case .open: "an opening parenthesis"
            case .close: "a closing parenthesis"
            case .tag: "a tag"
            case .id: "an identifier"
            case .end: "the end"
            }
        }
    }

    private let characters: [Character]
    private var index = 0
    private var peeked: Token?

    init(_ text: String) { characters = Array(text) }

    static func failure(_ position: Int, _ what: String) -> SparseStoreError {
        SparseStoreError(.invalidArgument, "the filter, at character \(position): \(what)").about(position: position)
    }

    mutating func next() throws(SparseStoreError) -> Token {
        if let token = peeked {
            peeked = nil
            return token
        }
        while index < characters.count, characters[index].isWhitespace { index += 1 }
        let position = index + 1
        guard index < characters.count else { return Token(kind: .end, position: position) }
        switch characters[index] {
        case "(":
            index += 1
            return Token(kind: .open, position: position)
        case ")":
            index += 1
            return Token(kind: .close, position: position)
        default:
            return Token(kind: try word(position), position: position)
        }
    }

    /// Takes the next word when it is of a kind.
    mutating func skip(_ kind: Kind) throws(SparseStoreError) -> Bool {
        let token = try next()
        if token.kind == kind { return true }
        peeked = token
        return false
    }

    private mutating func word(_ position: Int) throws(SparseStoreError) -> Kind {
        let begin = index
        while index < characters.count, characters[index].isLetter { index += 1 }
        let word = String(characters[begin..<index]).lowercased()
        if index < characters.count, characters[index] == ":", word == "tag" || word == "id" {
            index += 1
            let name = try name()
            return word == "tag" ? .tag(name) : .id(name)
        }
        // A keyword ends where a name would.
        if index == characters.count || Self.endsName(characters[index]) {
            switch word {
            case "and": return .and
            case "or": return .or
            case "not": return .not
            default: break
            }
        }
        throw Self.failure(position, "expected tag:NAME, id:NAME, AND, OR, NOT or a parenthesis")
    }

    private mutating func name() throws(SparseStoreError) -> String {
        let begin = index
        if index < characters.count, characters[index] == "\"" { return try quoted() }
        while index < characters.count, !Self.endsName(characters[index]) { index += 1 }
        guard index > begin else { throw Self.failure(begin + 1, "a name is expected right after the colon") }
        if index < characters.count, characters[index] == "\"" {
            throw Self.failure(index + 1, "a quote in a name; write the whole name in quotes")
        }
        return String(characters[begin..<index])
    }

    private mutating func quoted() throws(SparseStoreError) -> String {
        let begin = index
        index += 1
        var name = ""
        while index < characters.count {
            let character = characters[index]
            index += 1
            if character == "\"" {
                guard !name.isEmpty else { throw Self.failure(begin + 1, "the name is empty") }
                return name
            }
            guard character == "\\" else {
                name.append(character)
                continue
            }
            guard index < characters.count, characters[index] == "\"" || characters[index] == "\\" else {
                throw Self.failure(index, "a backslash stands before a quote or a backslash only")
            }
            name.append(characters[index])
            index += 1
        }
        throw Self.failure(begin + 1, "the quoted name does not end")
    }

    private static func endsName(_ character: Character) -> Bool {
        character.isWhitespace || character == "(" || character == ")" || character == "\""
    }
}
