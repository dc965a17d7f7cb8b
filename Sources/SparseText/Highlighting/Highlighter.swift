public import SparseStore

/// Locates the terms of a query in a text, and selects its best passages.
///
///     let highlighter = Highlighter(encoder, query: "running engines")
///     let found = highlighter.highlights(in: payload)
///     found.passages.first?.range      // bytes of the best passage
public struct Highlighter: Sendable {
    /// A part of a text to show for a hit.
    public struct Passage: Sendable, Hashable {
        /// The range of UTF-8 bytes in the text. It begins and ends with whole words.
        public let range: Range<Int>
        /// The ``Highlights/matches`` inside the passage.
        public let matches: [Range<Int>]
        /// The sum of the weights of the distinct query terms in the passage.
        public let score: Float
    }

    /// The matches and passages of a text.
    public struct Highlights: Sendable, Hashable {
        /// The ranges of UTF-8 bytes that match query terms, ascending and without overlap.
        public let matches: [Range<Int>]
        /// Passages that do not overlap, best first; equal ones in text order.
        public let passages: [Passage]
    }

    private let tokenizer: any TextTokenizer
    private let weights: [TextKey: Float]

    /// Creates a highlighter for the terms of a query.
    public init(_ encoder: any TextEncoder, query: String) throws(SparseStoreError) {
        try self.init(encoder.tokenizer, terms: encoder.encode(query: query))
    }

    /// Creates a highlighter for weighted terms.
    public init(_ tokenizer: any TextTokenizer, terms: [WeightedTerm]) {
        self.tokenizer = tokenizer
        weights = Dictionary(terms.map { (TextKey($0.term), $0.weight) }, uniquingKeysWith: max)
    }

    /// Returns the matches and passages of a text.
    ///
    /// - Parameters:
    ///   - text: The text, such as the payload of a hit.
    ///   - passageBytes: The approximate length of a passage, at least 16.
    ///   - count: The maximum number of passages.
    public func highlights(in text: String, passageBytes: Int = 200, count: Int = 3) -> Highlights {
        let tokens = tokenizer.tokens(in: text).filter { weights[TextKey($0.term)] != nil }
        let matches = Self.joined(tokens.map(\.range))
        let passages = text.withUTF8Bytes { bytes in
            best(count, of: tokens, matches, in: bytes, length: max(16, passageBytes))
        }
        return Highlights(matches: matches, passages: passages)
    }

    /// Adjacent ranges are merged, because they are the pieces of one word.
    private static func joined(_ ranges: [Range<Int>]) -> [Range<Int>] {
        var result: [Range<Int>] = []
        for range in ranges {
            if let last = result.last, range.lowerBound <= last.upperBound {
                result[result.count - 1] = last.lowerBound..<max(last.upperBound, range.upperBound)
            } else {
                result.append(range)
            }
        }
        return result
    }

    /// Repeatedly selects the window of tokens with the highest score, without tokens that are already used.
    private func best(
        _ count: Int, of tokens: [TextToken], _ matches: [Range<Int>], in bytes: UnsafeBufferPointer<UInt8>, length: Int
    ) -> [Passage] {
        var passages: [Passage] = []
        while passages.count < count, let window = window(in: tokens, outside: passages.map(\.range), length) {
            let span = tokens[window.lowerBound].range.lowerBound..<tokens[window.upperBound - 1].range.upperBound
            let range = Self.widened(span, to: length, in: bytes, outside: passages.map(\.range))
            passages.append(
                Passage(
                    range: range,
                    matches: matches.filter { range.contains($0.lowerBound) && $0.upperBound <= range.upperBound },
                    score: score(of: tokens[window])))
        }
        return passages
    }

    /// Returns the run of tokens within `length` bytes with the highest score; nil if none is left.
    private func window(in tokens: [TextToken], outside taken: [Range<Int>], _ length: Int) -> Range<Int>? {
        var best: (range: Range<Int>, score: Float)?
        var counts: [TextKey: Int] = [:]
        var score: Float = 0
        var start = 0
        for end in tokens.indices {
            let token = tokens[end]
            if taken.contains(where: { $0.overlaps(token.range) }) {
                // A passage does not extend across another.
                (counts, score, start) = ([:], 0, end + 1)
                continue
            }
            let added = TextKey(token.term)
            if counts[added, default: 0] == 0 { score += weights[added] ?? 0 }
            counts[added, default: 0] += 1
            while token.range.upperBound - tokens[start].range.lowerBound > length, start < end {
                let term = TextKey(tokens[start].term)
                counts[term, default: 1] -= 1
                if counts[term] == 0 { score -= weights[term] ?? 0 }
                start += 1
            }
            if best.map({ score > $0.score * 1.0001 }) ?? true { best = (start..<end + 1, score) }
        }
        return best?.range
    }

    private func score(of tokens: ArraySlice<TextToken>) -> Float {
        Set(tokens.map { TextKey($0.term) }).reduce(0) { $0 + (weights[$1] ?? 0) }
    }

    /// Extends the span to white space, as far as the length and other passages allow.
    private static func widened(
        _ span: Range<Int>, to length: Int, in bytes: UnsafeBufferPointer<UInt8>, outside taken: [Range<Int>]
    ) -> Range<Int> {
        let room = max(0, length - span.count)
        let least = taken.map(\.upperBound).filter { $0 <= span.lowerBound }.max() ?? 0
        let most = taken.map(\.lowerBound).filter { $0 >= span.upperBound }.min() ?? bytes.count
        var start = max(least, span.lowerBound - room / 2)
        var end = min(most, max(span.upperBound, start + length))
        start = max(least, min(start, end - length))
        func isSpace(_ place: Int) -> Bool { bytes[place] == 0x20 || (0x09...0x0D).contains(bytes[place]) }
        if start > least { while start < span.lowerBound, !isSpace(start - 1) { start += 1 } }
        if end < most { while end > span.upperBound, !isSpace(end) { end -= 1 } }
        while start < span.lowerBound, isSpace(start) { start += 1 }
        while end > span.upperBound, isSpace(end - 1) { end -= 1 }
        return start..<end
    }
}
