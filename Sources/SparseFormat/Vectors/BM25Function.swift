/// The two parameters of BM25 (Robertson and Zaragoza, "The Probabilistic Relevance Framework", 2009).
package struct BM25Parameters: Sendable, Hashable {
    /// How soon repeated terms stop counting, at least 0.
    package var k1: Float
    /// How much long documents are held back, 0...1.
    package var b: Float

    package init(k1: Float, b: Float) {
        self.k1 = k1
        self.b = b
    }

    package var isValid: Bool { (0...1_000).contains(k1) && (0...1).contains(b) }
    var isZero: Bool { k1.bitPattern == 0 && b.bitPattern == 0 }
}

/// The weight of a term's count in a document, at a given average length (FORMAT.md, "Scores"). The order of its
/// operations is part of the format.
package struct BM25Function: Sendable, Hashable {
    package let parameters: BM25Parameters
    /// Counts of a document, at the mean; above 0.
    package let averageLength: Float

    package init(_ parameters: BM25Parameters, averageLength: Float) {
        self.parameters = parameters
        self.averageLength = averageLength
    }

    /// The most counts of a document: up to here sums are exact, in any order.
    package static let maximumLength: Float = 16_777_216

    /// The part of the denominator that depends on the document's length.
    package func norm(length: Float) -> Float {
        parameters.k1 * ((1 - parameters.b) + parameters.b * (length / averageLength))
    }

    /// The weight of a term that stands `count` times in a document.
    package func impact(count: Float, norm: Float) -> Float { count * (parameters.k1 + 1) / (count + norm) }

    /// The weights of one document's counts.
    package func impacts(of counts: some Sequence<Float>) -> [Float] {
        let norm = norm(length: counts.reduce(0, +))
        return counts.map { impact(count: $0, norm: norm) }
    }

    /// Between which factors impacts of another average length lie, seen from those of this one: whatever the document,
    /// they change by no more than the average does.
    package func range(seenFrom reference: Float) -> ClosedRange<Float> {
        let ratio = averageLength / reference
        // Each impact is rounded five times on its way.
        let slack: Float = 1e-6
        return min(1, ratio) * (1 - slack)...max(1, ratio) * (1 + slack)
    }
}
