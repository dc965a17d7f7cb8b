import Testing

@testable import SparseText

/// Word boundaries against the table of tests that Unicode ships.
@Suite("Word boundaries")
struct WordBreakTests {
    @Test
    func `every line of Unicode's WordBreakTest.txt is cut as it says`() throws {
        var count = 0
        for line in try TestData.text("WordBreakTest.txt").split(separator: "\n") where !line.hasPrefix("#") {
            let fields = line.prefix { $0 != "#" }.split(whereSeparator: \.isWhitespace)
            var text: [UInt8] = []
            var expected: [Int] = []
            for field in fields {
                switch field {
                case "\u{F7}": expected.append(text.count)
                case "\u{D7}": continue
                default: text.append(scalar: try #require(UInt32(field, radix: 16)))
                }
            }
            #expect(Self.boundaries(text) == expected, "\(line)")
            count += 1
        }
        #expect(count > 1_800)
    }

    @Test
    func `a segment is a word when it has a letter, a number or an emoji`() {
        let text = Array("Ab, 12.5 -- \u{6F22}\u{1F600} \u{A9}!".utf8)
        let words = text.withUnsafeBufferPointer { bytes in
            var (words, start): ([String], Int) = ([], 0)
            while start < bytes.count {
                let (end, isWord) = WordBreaks(bytes).segment(from: start)
                if isWord { words.append(String(decoding: bytes[start..<end], as: UTF8.self)) }
                start = end
            }
            return words
        }
        #expect(words == ["Ab", "12.5", "\u{6F22}", "\u{1F600}"])
    }

    private static func boundaries(_ text: [UInt8]) -> [Int] {
        text.withUnsafeBufferPointer { bytes in
            var result = [0]
            while let start = result.last, start < bytes.count {
                result.append(WordBreaks(bytes).segment(from: start).end)
            }
            return result
        }
    }
}
