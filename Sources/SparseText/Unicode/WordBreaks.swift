/// The word boundaries of a text, as specified by Unicode: UAX #29, "Unicode Text Segmentation", section 4.
///
/// Scripts without spaces between words are split by the rules that need no dictionary: Han and Hiragana after each
/// character, Thai not at all within a run.
struct WordBreaks {
    /// The property Word_Break.
    enum Class: UInt8 {
        case other, carriageReturn, lineFeed, newline, extend, joiner, format, katakana, hebrewLetter, letter
        case singleQuote, doubleQuote, midNumLet, midLetter, midNumber, number, extendNumLet, regionalIndicator, space

        init?(name: Substring) {
            switch name {
            case "CR": self = .carriageReturn
            case "LF": self = .lineFeed
            case "Newline": self = .newline
            case "Extend": self = .extend
            case "ZWJ": self = .joiner
            case "Format": self = .format
            case "Katakana": self = .katakana
            case "Hebrew_Letter": self = .hebrewLetter
            case "ALetter": self = .letter
            case "Single_Quote": self = .singleQuote
            case "Double_Quote": self = .doubleQuote
            case "MidNumLet": self = .midNumLet
            case "MidLetter": self = .midLetter
            case "MidNum": self = .midNumber
            case "Numeric": self = .number
            case "ExtendNumLet": self = .extendNumLet
            case "Regional_Indicator": self = .regionalIndicator
            case "WSegSpace": self = .space
            case "Extended_Pictographic": self = .other
            default: return nil
            }
        }

        var isLetter: Bool { self == .letter || self == .hebrewLetter }
        var isEnd: Bool { self == .carriageReturn || self == .lineFeed || self == .newline }
        var isIgnored: Bool { self == .extend || self == .format || self == .joiner }
        var joinsLetters: Bool { self == .midLetter || self == .midNumLet || self == .singleQuote }
        var joinsNumbers: Bool { self == .midNumber || self == .midNumLet || self == .singleQuote }
    }

    /// The low bits have the class. Other bits say whether the scalar is pictographic, and whether a segment with it is
    /// a word.
    private static let classMask: UInt8 = 0x1F
    private static let pictographic: UInt8 = 0x40
    private static let ofWords: UInt8 = 0x80

    static let table: ScalarTable = {
        var flat = [UInt8](repeating: 0, count: 0x40000)
        for code in flat.indices {
            guard let scalar = Unicode.Scalar(UInt32(code)) else { continue }
            switch scalar.properties.generalCategory {
            case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter, .decimalNumber,
                .letterNumber, .otherNumber:
                flat[code] = ofWords
            default: if scalar.properties.isEmojiPresentation { flat[code] = ofWords }
            }
        }
        flat.append(contentsOf: repeatElement(0, count: 0xE1000 - flat.count))
        for fields in TextResource.lines(PackageResources.word_break_txt) where fields.count == 3 {
            guard let first = Int(fields[0], radix: 16), let last = Int(fields[1], radix: 16) else { continue }
            let names = fields[2].split(separator: "+")
            let isPictographic = names.last == "Extended_Pictographic"
            let bits = (Class(name: names[0])?.rawValue ?? 0) | (isPictographic ? pictographic : 0)
            for code in first...last { flat[code] |= bits }
        }
        return ScalarTable(flat)
    }()

    private let bytes: UnsafeBufferPointer<UInt8>
    private let table = Self.table

    init(_ bytes: UnsafeBufferPointer<UInt8>) { self.bytes = bytes }

    /// Returns the end of the segment that begins at `start`, and whether it is a word: it has a letter, a number or an
    /// emoji.
    ///
    /// - Parameter start: A boundary before the end of the text.
    func segment(from start: Int) -> (end: Int, isWord: Bool) {
        var reader = ScalarReader(bytes, at: start)
        var bits = table[reader.next()]
        // The class before the next scalar and the one before it, both without scalars that WB4 skips.
        var left = Class(rawValue: bits & Self.classMask) ?? .other
        var beforeLeft = Class.other
        var last = left
        var isWord = bits & Self.ofWords != 0
        var indicators = left == .regionalIndicator ? 1 : 0
        while !reader.isAtEnd {
            let boundary = reader.position
            bits = table[reader.next()]
            let right = Class(rawValue: bits & Self.classMask) ?? .other
            if right == .letter, left == .letter {
                // Almost every step: WB5.
            } else if left.isEnd || right.isEnd {
                // WB3, WB3a, WB3b
                guard left == .carriageReturn, right == .lineFeed else { return (boundary, isWord) }
            } else if last == .joiner && bits & Self.pictographic != 0 || last == .space && right == .space {
                // WB3c, WB3d
            } else if right.isIgnored {
                // WB4
                last = right
                continue
            } else if !joins(left, right: right, beforeLeft: beforeLeft, indicators: indicators, reader: reader) {
                return (boundary, isWord)
            }
            if right == .regionalIndicator { indicators += 1 }
            isWord = isWord || bits & Self.ofWords != 0
            beforeLeft = left
            left = right
            last = right
        }
        return (bytes.count, isWord)
    }

    /// The rules WB5 to WB16 between two classes. `reader` has the following scalars for WB6, WB7b and WB12; WB7, WB7c
    /// and WB11 are their second halves.
    private func joins(
        _ left: Class, right: Class, beforeLeft: Class, indicators: Int, reader: ScalarReader
    ) -> Bool {
        switch right {
        case .letter, .hebrewLetter:
            left.isLetter || left == .number || left == .extendNumLet || left.joinsLetters && beforeLeft.isLetter
                || left == .doubleQuote && beforeLeft == .hebrewLetter && right == .hebrewLetter
        case .number:
            left == .number || left.isLetter || left == .extendNumLet || left.joinsNumbers && beforeLeft == .number
        case .midLetter, .midNumLet, .midNumber, .singleQuote, .doubleQuote:
            left.isLetter && right.joinsLetters && next(after: reader).isLetter
                || left == .hebrewLetter && right == .singleQuote
                || left == .hebrewLetter && right == .doubleQuote && next(after: reader) == .hebrewLetter
                || left == .number && right.joinsNumbers && next(after: reader) == .number
        case .katakana: left == .katakana || left == .extendNumLet
        case .extendNumLet: left.isLetter || left == .number || left == .katakana || left == .extendNumLet
        case .regionalIndicator: left == .regionalIndicator && !indicators.isMultiple(of: 2)
        default: false
        }
    }

    /// Returns the class of the next scalar that WB4 does not skip; `other` at the end.
    private func next(after reader: ScalarReader) -> Class {
        var reader = reader
        while !reader.isAtEnd {
            let found = Class(rawValue: table[reader.next()] & Self.classMask) ?? .other
            if !found.isIgnored { return found }
        }
        return .other
    }
}

/// Reads the text files in Resources, which are compiled in.
enum TextResource {
    /// The fields of each line; lines that begin with `#` are comments.
    static func lines(_ bytes: [UInt8]) -> [[Substring]] {
        String(decoding: bytes, as: UTF8.self).split(separator: "\n").filter { !$0.hasPrefix("#") }
            .map { $0.split(separator: " ") }
    }
}
