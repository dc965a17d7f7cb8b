internal import SparseFormat
public import SparseInterchange
public import SparseStore

/// Splits texts into WordPieces like BERT: it normalizes the text, splits it at white space and punctuation, and then
/// repeatedly takes the longest piece of the vocabulary from each word.
///
/// The pieces are those of Hugging Face's `tokenizers`, without the tokens that begin and end the input of a model.
public struct WordPieceTokenizer: TextTokenizer {
    /// The tokens; the position of each is its number.
    public let tokens: [String]
    /// The number of the token for words that have no pieces.
    public let unknown: Int

    private let settings: TokenizerFile
    private let trie: ByteTrie
    /// The root of pieces that do not begin a word; nil if the vocabulary has none.
    private let continuation: ByteTrie.Node?
    private let special: SpecialTokens
    private let normalizer: WordPieceNormalizer

    /// Reads a `vocab.txt` or a `tokenizer.json`; see ``SparseInterchange/TokenizerFile``.
    ///
    /// - Throws: `InterchangeError` for a bad file, ``SparseStore/SparseStoreError`` if the vocabulary does not have
    ///   its unknown token.
    public init(path: String) throws {
        try self.init(TokenizerFile(path: path))
    }

    /// Creates a tokenizer from a vocabulary and its settings.
    ///
    /// - Throws: `invalidArgument` if the vocabulary does not have the unknown token.
    public init(_ file: TokenizerFile) throws(SparseStoreError) {
        var trie = ByteTrie(expectedBytes: file.tokens.reduce(0) { $0 + $1.utf8.count })
        for (number, token) in file.tokens.enumerated() where !token.isEmpty { trie.insert(token, number) }
        guard let unknown = trie.value(of: file.unknownToken) else {
            throw SparseStoreError(
                .invalidArgument, problem: "the vocabulary does not have the unknown token '\(file.unknownToken)'",
                remedy: "use the complete vocabulary")
        }
        self.unknown = unknown
        self.trie = trie
        tokens = file.tokens
        settings = file
        continuation = trie.node(of: file.continuationPrefix)
        special = SpecialTokens(file.specialTokens, trie)
        normalizer = WordPieceNormalizer(file)
    }

    /// A description of the normalization, in words.
    var settingsSummary: String {
        (settings.lowercases ? "lower case" : "case kept") + (settings.stripsAccents ? ", without accents" : "")
            + (settings.cleansText ? "" : ", control characters kept")
            + (settings.splitsChinese ? "" : ", CJK runs whole")
    }

    /// Returns the number of a token; nil if it is not in the vocabulary.
    public func number(of token: String) -> Int? { trie.value(of: token) }

    /// Whether a token is special and has no text, such as `[CLS]`.
    public func isSpecial(_ number: Int) -> Bool { special.numbers.contains(number) }

    /// Returns the terms of a text, in text order.
    public func tokens(in text: String) -> [TextToken] {
        var result: [TextToken] = []
        forEachPiece(of: text) { result.append(TextToken(tokens[$0], range: $1)) }
        return result
    }

    /// Returns the token numbers of a text, in text order.
    public func numbers(in text: String) -> [Int] {
        var result: [Int] = []
        forEachPiece(of: text) { number, _ in result.append(number) }
        return result
    }

    /// Calls `body` with the number of each token and the range of bytes in the text that it comes from.
    private func forEachPiece(of text: String, _ body: (Int, Range<Int>) -> Void) {
        text.withUTF8Bytes { bytes in
            var word = WordPieceWord()
            var start = 0
            while start < bytes.count {
                let found = special.first(in: bytes, from: start)
                let end = found?.range.lowerBound ?? bytes.count
                normalizer.forEachWord(of: bytes, start..<end, &word) { cut($0, body) }
                if let found { body(found.number, found.range) }
                start = found?.range.upperBound ?? end
            }
        }
    }

    /// Splits one word into pieces. If any part of it has no piece, the whole word is unknown.
    private func cut(_ word: borrowing WordPieceWord, _ body: (Int, Range<Int>) -> Void) {
        guard word.characters <= settings.maximumWordCharacters else { return body(unknown, word.range) }
        // Almost all words have one piece or a few.
        var pieces: [(number: Int, end: Int)] = []
        var start = 0
        var root: ByteTrie.Node? = ByteTrie.root
        while start < word.bytes.count {
            guard let from = root, let piece = trie.longest(in: word.bytes, at: start, from: from) else {
                return body(unknown, word.range)
            }
            if start == 0, piece.end == word.bytes.count { return body(piece.value, word.range) }
            pieces.append((piece.value, piece.end))
            start = piece.end
            root = continuation
        }
        start = 0
        for piece in pieces {
            body(piece.number, word.starts[start]..<word.ends[piece.end - 1])
            start = piece.end
        }
    }
}

/// The tokens that are searched in the unmodified text before anything else.
private struct SpecialTokens: Sendable {
    let numbers: Set<Int>
    private let tokens: [(bytes: [UInt8], number: Int)]
    private let beginnings: Set<UInt8>

    init(_ names: [String], _ trie: ByteTrie) {
        // Longest first: if several begin at one position, the longest one wins.
        tokens = names.compactMap { name in trie.value(of: name).map { (Array(name.utf8), $0) } }
            .sorted { $0.0.count > $1.0.count }
        numbers = Set(tokens.map(\.number))
        beginnings = Set(tokens.compactMap(\.bytes.first))
    }

    /// Returns the first match from `start` on.
    func first(in bytes: UnsafeBufferPointer<UInt8>, from start: Int) -> (number: Int, range: Range<Int>)? {
        guard !tokens.isEmpty else { return nil }
        // All common special tokens begin with the same byte.
        let only = beginnings.count == 1 ? beginnings.first : nil
        for place in start..<bytes.count {
            if let only, bytes[place] != only { continue }
            guard only != nil || beginnings.contains(bytes[place]) else { continue }
            for token in tokens where bytes.count - place >= token.bytes.count {
                if UnsafeBufferPointer(rebasing: bytes[place..<place + token.bytes.count]).elementsEqual(token.bytes) {
                    return (token.number, place..<place + token.bytes.count)
                }
            }
        }
        return nil
    }
}

/// A trie of byte strings with numbers, which finds the longest string at a position of a text in one pass.
///
/// The transitions are in one table with open addressing, from a node and a byte to the next node.
struct ByteTrie: Sendable {
    typealias Node = UInt32

    static let root: Node = 0
    private static let empty: UInt64 = .max

    /// The node in the high 56 bits, the byte in the low 8.
    private var keys: [UInt64]
    private var targets: [Node]
    private var mask: Int
    /// The number of each node; -1 for none.
    private var values: [Int32] = [-1]

    /// - Parameter expectedBytes: The total length of all strings, an upper bound of the number of nodes.
    init(expectedBytes: Int) {
        var size = 64
        while size < 2 * expectedBytes { size *= 2 }
        keys = Array(repeating: Self.empty, count: size)
        targets = Array(repeating: 0, count: size)
        mask = size - 1
    }

    /// Inserts a string; a later string replaces an equal one. There is space for `expectedBytes` in total.
    mutating func insert(_ string: String, _ value: Int) {
        var node = Self.root
        for byte in string.utf8 {
            let slot = slot(node, byte)
            if keys[slot] == Self.empty {
                keys[slot] = UInt64(node) << 8 | UInt64(byte)
                targets[slot] = Node(values.count)
                values.append(-1)
            }
            node = targets[slot]
        }
        values[Int(node)] = Int32(value)
    }

    /// Returns the node of a prefix; nil if no string has it.
    func node(of beginning: String) -> Node? {
        var node = Self.root
        for byte in beginning.utf8 {
            let slot = slot(node, byte)
            guard keys[slot] != Self.empty else { return nil }
            node = targets[slot]
        }
        return node
    }

    func value(of string: String) -> Int? {
        node(of: string).flatMap { values[Int($0)] >= 0 ? Int(values[Int($0)]) : nil }
    }

    /// Returns the longest string below `node` that `bytes` have at `start`.
    func longest(in bytes: [UInt8], at start: Int, from node: Node) -> (value: Int, end: Int)? {
        var node = node
        var found: (value: Int, end: Int)?
        for index in start..<bytes.count {
            let slot = slot(node, bytes[index])
            guard keys[slot] != Self.empty else { break }
            node = targets[slot]
            let value = values[Int(node)]
            if value >= 0 { found = (Int(value), index + 1) }
        }
        return found
    }

    /// Returns the slot of a transition, or the slot where it would be.
    private func slot(_ node: Node, _ byte: UInt8) -> Int {
        let key = UInt64(node) << 8 | UInt64(byte)
        var slot = Int(truncatingIfNeeded: key &* 0x9E37_79B9_7F4A_7C15 >> 32) & mask
        while keys[slot] != key, keys[slot] != Self.empty { slot = (slot + 1) & mask }
        return slot
    }
}

/// The fingerprint of a vocabulary.
enum Vocabulary {
    /// A hash of all tokens in order, and of the settings that affect tokenization.
    static func fingerprint(_ tokens: [String], _ others: [UInt8] = []) -> UInt64 {
        var bytes = others
        for token in tokens { bytes += token.utf8 + [0] }
        return XXH64.hash(bytes, seed: 1)
    }
}
