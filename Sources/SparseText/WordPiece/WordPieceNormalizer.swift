internal import SparseInterchange

/// One word after normalization, with the position of each byte in the text.
struct WordPieceWord: ~Copyable {
    fileprivate(set) var bytes: [UInt8] = []
    /// The start and the end, in the text, of the scalar that each byte comes from.
    fileprivate(set) var starts: [Int] = []
    fileprivate(set) var ends: [Int] = []
    fileprivate(set) var characters = 0

    /// The range of bytes of the text that the word comes from.
    var range: Range<Int> { (starts.first ?? 0)..<(ends.last ?? 0) }

    fileprivate mutating func removeAll() {
        bytes.removeAll(keepingCapacity: true)
        starts.removeAll(keepingCapacity: true)
        ends.removeAll(keepingCapacity: true)
        characters = 0
    }

    @inline(__always)
    fileprivate mutating func append(_ code: UInt32, from start: Int, to end: Int) {
        if code < 0x80 {
            bytes.append(UInt8(code))
            starts.append(start)
            ends.append(end)
        } else {
            bytes.append(scalar: code)
            while starts.count < bytes.count {
                starts.append(start)
                ends.append(end)
            }
        }
        characters += 1
    }
}

/// BERT's normalizer and pre-tokenizer: `BertNormalizer` and `BertPreTokenizer` of Hugging Face's `tokenizers`.
struct WordPieceNormalizer: Sendable {
    private let cleansText: Bool
    private let splitsChinese: Bool
    private let stripsAccents: Bool
    private let lowercases: Bool
    private let properties = ScalarProperties.table

    init(_ settings: TokenizerFile) {
        cleansText = settings.cleansText
        splitsChinese = settings.splitsChinese
        stripsAccents = settings.stripsAccents
        lowercases = settings.lowercases
    }

    /// Calls `body` with each word of a part of a text; punctuation and CJK characters are separate words.
    ///
    /// - Parameter word: A buffer for the words.
    func forEachWord(
        of bytes: UnsafeBufferPointer<UInt8>, _ part: Range<Int>, _ word: inout WordPieceWord,
        _ body: (borrowing WordPieceWord) -> Void
    ) {
        var reader = ScalarReader(UnsafeBufferPointer(rebasing: bytes[..<part.upperBound]), at: part.lowerBound)
        func end(_ word: inout WordPieceWord) {
            if !word.bytes.isEmpty { body(word) }
            word.removeAll()
        }
        func add(_ code: UInt32, from start: Int, to stop: Int, _ word: inout WordPieceWord) {
            let found = ScalarProperties(rawValue: properties[code])
            if found.contains(.whiteSpace) { return end(&word) }
            guard isPunctuation(code, found) else { return word.append(code, from: start, to: stop) }
            end(&word)
            word.append(code, from: start, to: stop)
            end(&word)
        }
        while !reader.isAtEnd {
            let start = reader.position
            let code = reader.next()
            if code &- 0x61 < 26 || code &- 0x30 < 10 {
                word.append(code, from: start, to: start + 1)
                continue
            }
            if code &- 0x41 < 26 {
                word.append(lowercases ? code | 0x20 : code, from: start, to: start + 1)
                continue
            }
            let found = ScalarProperties(rawValue: properties[code])
            if code == 0x20 || code == 0x09 || code == 0x0A || code == 0x0D {
                end(&word)
            } else if cleansText, code == 0 || code == 0xFFFD || found.contains(.pieceControl) {
                continue
            } else if splitsChinese, Self.isChinese(code) {
                end(&word)
                normalize(code, found) { add($0, from: start, to: reader.position, &word) }
                end(&word)
            } else {
                normalize(code, found) { add($0, from: start, to: reader.position, &word) }
            }
        }
        end(&word)
    }

    /// Calls `body` with the normalized scalars of a scalar: decomposed and without marks, then in lowercase.
    private func normalize(_ code: UInt32, _ found: ScalarProperties, _ body: (UInt32) -> Void) {
        guard stripsAccents else { return lowercase(code, found, body) }
        if found.contains(.pieceAccent) { return }
        guard found.contains(.decomposes) else { return lowercase(code, found, body) }
        var parts: [UInt32] = []
        Composition.shared.decompose(code, into: &parts)
        for part in parts {
            let found = ScalarProperties(rawValue: properties[part])
            if !found.contains(.pieceAccent) { lowercase(part, found, body) }
        }
    }

    private func lowercase(_ code: UInt32, _ found: ScalarProperties, _ body: (UInt32) -> Void) {
        guard lowercases, found.contains(.hasLowercase), let scalar = Unicode.Scalar(code) else { return body(code) }
        if code < 0x80 { return body(code | 0x20) }
        for scalar in scalar.properties.lowercaseMapping.unicodeScalars { body(scalar.value) }
    }

    private func isPunctuation(_ code: UInt32, _ found: ScalarProperties) -> Bool {
        // All ASCII except letters, numbers, spaces and control characters, including "$" and "+".
        if code < 0x80 { return code > 0x20 && code < 0x7F && !(code &- 0x30 < 10 || (code | 0x20) &- 0x61 < 26) }
        return found.contains(.piecePunctuation)
    }

    /// The blocks that BERT treats as Chinese.
    private static func isChinese(_ code: UInt32) -> Bool {
        guard code >= 0x3400 else { return false }
        return (0x4E00...0x9FFF).contains(code) || (0x3400...0x4DBF).contains(code)
            || (0x20000...0x2A6DF).contains(code)
            || (0x2A700...0x2B73F).contains(code) || (0x2B740...0x2B81F).contains(code)
            || (0x2B920...0x2CEAF).contains(code) || (0xF900...0xFAFF).contains(code)
            || (0x2F800...0x2FA1F).contains(code)
    }
}
