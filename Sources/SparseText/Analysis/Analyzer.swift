internal import SparseFormat
public import SparseStore

/// Splits a text into words (UAX #29) and normalizes each word for search: case folding, stop word removal, stemming.
///
///     let analyzer = Analyzer(language: .english)
///     analyzer.tokens(in: "The engines are running").map(\.term)    // ["engin", "run"]
///
/// The range of a token is that of the whole word in the text. A word longer than ``maximumWordBytes`` is truncated.
public struct Analyzer: TextTokenizer, Hashable {
    /// The maximum length of a word, in bytes of UTF-8 after folding.
    public static let maximumWordBytes = 255

    /// The language whose rules apply to stemming, elisions and the letter I; nil for no language.
    public var language: Language?
    /// Whether to fold case: letters become lowercase, a final sigma becomes a regular one, and a typographic
    /// apostrophe becomes a plain one. Stop words and stemmers need lowercase words.
    public var foldsCase = true
    /// Whether accents are removed: "caf\u{E9}" becomes "cafe".
    public var foldsMarks = false
    /// The words to leave out, compared after folding and before stemming.
    public var stopWords: Set<String>
    /// Whether words are stemmed.
    public var stems = true

    /// Creates an analyzer with the usual steps for a language: case folding, its stop words, stemming.
    public init(language: Language?) {
        self.language = language
        stopWords = language?.stopWords ?? []
    }

    /// Returns the terms of a text, in text order.
    public func tokens(in text: String) -> [TextToken] {
        var result: [TextToken] = []
        forEachWord(of: text) { word, range in
            result.append(TextToken(String(decoding: word, as: UTF8.self), range: range))
        }
        return result
    }

    /// Calls `body` with each term in UTF-8 and its range.
    private func forEachWord(of text: String, _ body: (UnsafeBufferPointer<UInt8>, Range<Int>) -> Void) {
        let stemmer = stems ? language.flatMap(Stemmer.init) : nil
        let elisions = language?.elisions ?? []
        let properties = ScalarProperties.table
        let isTurkish = language?.name == "turkish"
        var word: [UInt8] = []
        text.withUTF8Bytes { bytes in
            let breaks = WordBreaks(bytes)
            var start = 0
            while start < bytes.count {
                let (end, isWord) = breaks.segment(from: start)
                defer { start = end }
                guard isWord else { continue }
                fold(UnsafeBufferPointer(rebasing: bytes[start..<end]), properties, isTurkish: isTurkish, into: &word)
                if !elisions.isEmpty { Self.dropElision(from: &word, elisions) }
                if !stopWords.isEmpty, stopWords.contains(String(decoding: word, as: UTF8.self)) { continue }
                stemmer?.stem(&word)
                if word.count > Self.maximumWordBytes { Self.cut(&word) }
                word.withUnsafeBufferPointer { body($0, start..<end) }
            }
        }
    }

    /// Folds a word into `result`.
    private func fold(
        _ word: UnsafeBufferPointer<UInt8>, _ properties: ScalarTable, isTurkish: Bool, into result: inout [UInt8]
    ) {
        result.removeAll(keepingCapacity: true)
        var position = 0
        if !isTurkish {
            while position < word.count, word[position] < 0x80 {
                let byte = word[position]
                result.append(foldsCase && byte &- 0x41 < 26 ? byte | 0x20 : byte)
                position += 1
            }
            if position == word.count { return }
        }
        var scalars = result.map(UInt32.init)
        var mayCompose = foldsMarks
        var reader = ScalarReader(word, at: position)
        while !reader.isAtEnd {
            let code = reader.next()
            let found = ScalarProperties(rawValue: properties[code])
            mayCompose = mayCompose || found.contains(.mayCompose)
            foldCase(code, found, isTurkish: isTurkish, into: &scalars)
        }
        if mayCompose {
            scalars = Composition.shared.decomposed(scalars)
            if foldsMarks {
                scalars.removeAll { ScalarProperties(rawValue: properties[$0]).contains(.nonspacingMark) }
            }
            scalars = Composition.shared.composed(scalars)
        }
        result.removeAll(keepingCapacity: true)
        for scalar in scalars { result.append(scalar: scalar) }
    }

    private func foldCase(
        _ code: UInt32, _ properties: ScalarProperties, isTurkish: Bool, into scalars: inout [UInt32]
    ) {
        guard foldsCase else { return scalars.append(code) }
        switch code {
        case 0x2019: scalars.append(0x27)
        case 0x3C2: scalars.append(0x3C3)
        case 0x49 where isTurkish: scalars.append(0x131)
        case 0x130 where isTurkish: scalars.append(0x69)
        case _ where properties.contains(.hasLowercase):
            let mapping = Unicode.Scalar(code)?.properties.lowercaseMapping ?? ""
            scalars += mapping.unicodeScalars.lazy.map(\.value)
        default: scalars.append(code)
        }
    }

    private static func dropElision(from word: inout [UInt8], _ elisions: Set<String>) {
        guard let apostrophe = word.firstIndex(of: UInt8(ascii: "'")), apostrophe + 1 < word.count,
            elisions.contains(String(decoding: word[..<apostrophe], as: UTF8.self))
        else { return }
        word.removeSubrange(...apostrophe)
    }

    /// Truncates a word to the longest allowed prefix that ends with a whole scalar.
    private static func cut(_ word: inout [UInt8]) {
        var end = maximumWordBytes
        while end > 0, word[end] & 0xC0 == 0x80 { end -= 1 }
        word.removeSubrange(end...)
    }
}

extension Analyzer {
    /// A hash of everything that determines the terms of a text: the steps, the stop words, and the stems of some
    /// thousand words. libstemmer does not report a version, and its versions differ.
    var fingerprint: UInt64 {
        var bytes = Array("\(language?.name ?? "") \(foldsCase) \(foldsMarks) \(stems)".utf8)
        for word in stopWords.map({ Array($0.utf8) }).sorted(by: { $0.lexicographicallyPrecedes($1) }) {
            bytes += word + [0]
        }
        if stems, let stemmer = language.flatMap(Stemmer.init) {
            for probe in Self.probes {
                var word = probe
                stemmer.stem(&word)
                bytes += word + [0]
            }
        }
        return XXH64.hash(bytes, seed: Self.version)
    }

    /// The parameters that a store records for human readers.
    var summary: String {
        var steps = ["words by UAX #29"]
        if foldsCase { steps.append("lower case") }
        if foldsMarks { steps.append("no marks") }
        if !stopWords.isEmpty { steps.append("without \(stopWords.count) stop words") }
        if stems, let language { steps.append("stemmed as \(language.name)") }
        return steps.joined(separator: ", ")
    }

    /// Raised whenever `tokens(in:)` changes its result for the same settings.
    private static let version: UInt64 = 1

    /// The stop words of all languages, and words with the endings of some languages.
    private static let probes: [[UInt8]] =
        (Language.stopLists.keys.sorted().flatMap { (Language.stopLists[$0] ?? []).sorted() }
        + ["engines", "running", "generalization", "happily", "skies", "added", "dying", "communities", "lately"])
        .map { Array($0.utf8) }
}

/// A term in a text and its position.
public struct TextToken: Sendable, Hashable {
    /// The term: a folded and stemmed word, or a WordPiece.
    public let term: String
    /// The range of UTF-8 bytes of the text that the term comes from.
    public let range: Range<Int>

    /// Creates a token.
    public init(_ term: String, range: Range<Int>) {
        self.term = term
        self.range = range
    }
}

/// A type that splits texts into terms, such as ``Analyzer`` and ``WordPieceTokenizer``.
public protocol TextTokenizer: Sendable {
    /// Returns the terms of a text, in text order.
    func tokens(in text: String) -> [TextToken]
}

extension TextTokenizer {
    /// Returns the number of occurrences of each term in a text. Terms are compared by their bytes, as in a store.
    public func counts(of text: String) -> [TextKey: Int] {
        tokens(in: text).reduce(into: [:]) { $0[TextKey($1.term), default: 0] += 1 }
    }
}
