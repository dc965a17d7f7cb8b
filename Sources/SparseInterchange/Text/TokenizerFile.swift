/// A WordPiece vocabulary with its settings: a `vocab.txt`, or the `tokenizer.json` of Hugging Face.
///
/// The two formats are detected from the content. Settings of a `tokenizer.json` that truncate or pad texts are
/// ignored: they concern the input of a model, not the terms of a text.
public struct TokenizerFile: Sendable, Hashable {
    /// The tokens; the position of each is its number.
    public var tokens: [String]
    /// The token for words that have no pieces.
    public var unknownToken = "[UNK]"
    /// The prefix of pieces that do not begin a word.
    public var continuationPrefix = "##"
    /// The maximum length of a word in characters; longer words are unknown.
    public var maximumWordCharacters = 100
    /// Whether control characters are removed.
    public var cleansText = true
    /// Whether each CJK character is a separate word.
    public var splitsChinese = true
    /// Whether accents are removed.
    public var stripsAccents = true
    /// Whether letters are lowercased.
    public var lowercases = true
    /// Tokens that are matched anywhere in a text, such as `[MASK]`.
    public var specialTokens: [String] = []

    /// The names of tokens without text in a BERT vocabulary.
    private static let usualSpecialTokens = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]

    /// Reads the file at `path`.
    ///
    /// - Throws: `notFound`; `invalidInput` if the file is not a vocabulary; `unsupported` for a `tokenizer.json` that
    ///   is not WordPiece with BERT's normalizer and pre-tokenizer.
    public init(path: String) throws(InterchangeError) {
        try self.init(source: try ByteSource(path: path))
    }

    /// Reads the content of `source`.
    public init(source: ByteSource) throws(InterchangeError) {
        let bytes = try source.readAll()
        let parsed = bytes.withUnsafeBufferPointer { bytes -> Result<TokenizerFile, InterchangeError> in
            do throws(InterchangeError) {
                return .success(try Self.parse(bytes, name: source.name))
            } catch {
                return .failure(error)
            }
        }
        self = try parsed.get()
        guard !tokens.isEmpty else {
            throw InterchangeError(
                .invalidInput, "'\(source.name)' has no tokens; use a vocab.txt or a tokenizer.json")
        }
    }

    private init(tokens: [String]) { self.tokens = tokens }

    private static func parse(
        _ bytes: UnsafeBufferPointer<UInt8>, name: String
    ) throws(InterchangeError) -> TokenizerFile {
        if let invalid = UTF8Check.firstInvalid(in: bytes) {
            throw InterchangeError(
                .invalidInput, "byte \(invalid + 1) of '\(name)' is not UTF-8; use a vocab.txt or a tokenizer.json")
        }
        // A vocabulary may have the token "{", which is alone on its line and never before a name.
        var scanner = JSONScanner(bytes)
        if scanner.take(UInt8(ascii: "{")), scanner.peek() == UInt8(ascii: "\"") {
            do {
                var reader = TokenizerReader(JSONScanner(bytes))
                return try reader.read(name: name)
            } catch let fault as JSONFault {
                throw InterchangeError(
                    .invalidInput,
                    "'\(name)' is not a tokenizer.json: \(fault.text); use the unchanged file of the model")
            } catch let error as InterchangeError {
                throw error
            } catch {
                throw InterchangeError(
                    .invalidInput, "'\(name)' is not a tokenizer.json: \(error); use the unchanged file of the model")
            }
        }
        return lines(bytes)
    }

    private static func lines(_ bytes: UnsafeBufferPointer<UInt8>) -> TokenizerFile {
        var lines = bytes.split(separator: 0x0A, omittingEmptySubsequences: false)
        if lines.last?.isEmpty == true { lines.removeLast() }
        let tokens = lines.map { line in
            String(decoding: line.last == 0x0D ? line.dropLast() : line, as: UTF8.self)
        }
        var file = TokenizerFile(tokens: tokens)
        let present = Set(tokens.map { Array($0.utf8) })
        file.specialTokens = usualSpecialTokens.filter { present.contains(Array($0.utf8)) }
        return file
    }

    /// Creates the settings from a `tokenizer.json`.
    fileprivate init(_ found: TokenizerReader, name: String) throws(InterchangeError) {
        func unsupported(_ part: String, _ kind: String?, _ expected: String) -> InterchangeError {
            InterchangeError(
                .unsupported,
                "the \(part) of '\(name)' has the type '\(kind ?? "none")', and only \(expected) is supported; use a "
                    + "model of the BERT family, or encode with another tool")
        }
        guard found.modelType ?? "WordPiece" == "WordPiece", !found.vocabulary.isEmpty else {
            throw unsupported("model", found.modelType, "WordPiece")
        }
        guard found.normalizerType == "BertNormalizer" else {
            throw unsupported("normalizer", found.normalizerType, "BertNormalizer")
        }
        guard found.preTokenizerType == "BertPreTokenizer" else {
            throw unsupported("pre_tokenizer", found.preTokenizerType, "BertPreTokenizer")
        }
        let count = (found.vocabulary + found.added).map(\.number).max().map { $0 + 1 } ?? 0
        guard count <= 2 * (found.vocabulary.count + found.added.count) else {
            throw InterchangeError(
                .invalidInput, "the token numbers of '\(name)' have gaps; use the unchanged file of the model")
        }
        tokens = [String](repeating: "", count: count)
        for entry in found.vocabulary + found.added { tokens[entry.number] = entry.token }
        specialTokens = found.added.map(\.token)
        unknownToken = found.unknownToken ?? unknownToken
        continuationPrefix = found.prefix ?? continuationPrefix
        maximumWordCharacters = found.maximumWordCharacters ?? maximumWordCharacters
        cleansText = found.cleansText ?? true
        splitsChinese = found.splitsChinese ?? true
        lowercases = found.lowercases ?? true
        stripsAccents = found.stripsAccents ?? lowercases
    }
}

/// Reads the parts of a `tokenizer.json` that affect tokens.
private struct TokenizerReader {
    struct Entry {
        let token: String
        let number: Int
    }

    var vocabulary: [Entry] = []
    var added: [Entry] = []
    fileprivate var modelType: String?
    fileprivate var normalizerType: String?
    fileprivate var preTokenizerType: String?
    var unknownToken: String?
    var prefix: String?
    var maximumWordCharacters: Int?
    var cleansText: Bool?
    var splitsChinese: Bool?
    var stripsAccents: Bool?
    var lowercases: Bool?

    private var scanner: JSONScanner
    private var scratch: [UInt8] = []
    private static let maximumTokens = 1 << 24

    init(_ scanner: JSONScanner) { self.scanner = scanner }

    mutating func read(name: String) throws -> TokenizerFile {
        try members { reader, field throws(JSONFault) in
            switch field {
            case "model": try reader.model()
            case "normalizer": try reader.normalizer()
            case "pre_tokenizer": try reader.preTokenizer()
            case "added_tokens": try reader.addedTokens()
            default: try reader.scanner.skipValue()
            }
        }
        try scanner.expectEnd()
        return try TokenizerFile(self, name: name)
    }

    private mutating func model() throws(JSONFault) {
        try members { reader, field throws(JSONFault) in
            switch field {
            case "type": reader.modelType = try reader.string()
            case "unk_token": reader.unknownToken = try reader.string()
            case "continuing_subword_prefix": reader.prefix = try reader.string()
            case "max_input_chars_per_word": reader.maximumWordCharacters = try reader.integer()
            case "vocab" where reader.scanner.peek() == UInt8(ascii: "{"):
                try reader.members { reader, token throws(JSONFault) in
                    reader.vocabulary.append(Entry(token: token, number: try reader.integer()))
                }
            default: try reader.scanner.skipValue()
            }
        }
    }

    private mutating func normalizer() throws(JSONFault) {
        if try scanner.takeNull() { return }
        try members { reader, field throws(JSONFault) in
            switch field {
            case "type": reader.normalizerType = try reader.string()
            case "clean_text": reader.cleansText = try reader.boolean()
            case "handle_chinese_chars": reader.splitsChinese = try reader.boolean()
            case "strip_accents": reader.stripsAccents = try reader.boolean()
            case "lowercase": reader.lowercases = try reader.boolean()
            default: try reader.scanner.skipValue()
            }
        }
    }

    private mutating func preTokenizer() throws(JSONFault) {
        if try scanner.takeNull() { return }
        try members { reader, field throws(JSONFault) in
            if field == "type" {
                reader.preTokenizerType = try reader.string()
            } else {
                try reader.scanner.skipValue()
            }
        }
    }

    private mutating func addedTokens() throws(JSONFault) {
        try scanner.expect(UInt8(ascii: "["), or: .expectedArray)
        guard !scanner.take(UInt8(ascii: "]")) else { return }
        repeat {
            var (token, number): (String?, Int?)
            try members { reader, field throws(JSONFault) in
                switch field {
                case "id": number = try reader.integer()
                case "content": token = try reader.string()
                default: try reader.scanner.skipValue()
                }
            }
            if let token, let number { added.append(Entry(token: token, number: number)) }
        } while try scanner.continues(until: UInt8(ascii: "]"), or: .expectedCommaOrBracket)
    }

    /// Calls `body` at the value of each member of an object; `body` must consume the value.
    private mutating func members(_ body: (inout Self, String) throws(JSONFault) -> Void) throws(JSONFault) {
        try scanner.expect(UInt8(ascii: "{"), or: .expectedObject)
        guard !scanner.take(UInt8(ascii: "}")) else { return }
        repeat {
            guard scanner.peek() == UInt8(ascii: "\"") else { throw JSONFault(.expectedKey, at: scanner.position) }
            let name = try string() ?? ""
            try scanner.expect(UInt8(ascii: ":"), or: .expectedColon)
            try body(&self, name)
        } while try scanner.continues(until: UInt8(ascii: "}"), or: .expectedCommaOrBrace)
    }

    /// Reads a string; nil for null.
    private mutating func string() throws(JSONFault) -> String? {
        if try scanner.takeNull() { return nil }
        let token = try scanner.scanString(unescapingInto: &scratch)
        return scanner.withText(of: token, scratch: scratch) { String(decoding: $0, as: UTF8.self) }
    }

    private mutating func integer() throws(JSONFault) -> Int {
        let token = try scanner.scanNumber()
        guard token.isInteger, !token.isNegative, let value = token.mantissa, value < Self.maximumTokens else {
            throw JSONFault(.expectedNumber, at: token.range.lowerBound)
        }
        return Int(value)
    }

    /// Reads a Boolean; nil for null.
    private mutating func boolean() throws(JSONFault) -> Bool? {
        let first = scanner.peek()
        guard first == UInt8(ascii: "t") || first == UInt8(ascii: "f") || first == UInt8(ascii: "n") else {
            throw JSONFault(.expectedValue, at: scanner.position)
        }
        try scanner.skipValue()
        return first == UInt8(ascii: "n") ? nil : first == UInt8(ascii: "t")
    }
}
