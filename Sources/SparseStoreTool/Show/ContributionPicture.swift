internal import SparseStore

/// A picture of what each term and each stage contributed to the hits of a search.
///
/// Each hit has a bar whose length is its score in the first stage, with a part for each term. Positive parts extend to
/// the right, negative ones to the left. The scores of later stages follow the bar.
struct ContributionPicture {
    private let result: SearchResult
    private let question: String?

    /// Colors that most people can tell apart (Okabe and Ito, 2008).
    private static let colors = ["#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#f0e442"]
    private static let rest = "#999999"
    /// The terms that have their own color. All others share one color.
    private static let namedTerms = 7

    init(_ result: SearchResult, question: String?) {
        self.result = result
        self.question = question
    }

    var picture: Picture {
        let (left, width, row) = (180.0, 520.0, 26.0)
        let terms = self.terms
        let legend = Double(terms.count + 1) * 20
        var picture = Picture(width: left + width + 220, height: 60 + Double(result.count) * row + 20 + legend)
        picture.text(question ?? "\(result.count) hits", at: (20, 28))
        let lowest = result.map { Self.sums($0).negative }.min() ?? 0
        let highest = result.map { Self.sums($0).positive }.max() ?? 0
        let scale = width / max(Double(highest - lowest), 1e-12)
        let zero = left - Double(lowest) * scale
        for (index, hit) in result.enumerated() {
            let y = 50 + Double(index) * row
            picture.text(Printable.line(Array(hit.id.utf8), limit: 22), at: (left - 10, y + 14), anchor: .end)
            var (right, negative) = (zero, zero)
            for part in hit.contributions {
                let length = Double(abs(part.contribution)) * scale
                if part.contribution < 0 { negative -= length }
                picture.bar(
                    at: (part.contribution < 0 ? negative : right, y), width: length, height: 18,
                    color: color(of: part.term, in: terms),
                    title: "\(part.term): \(part.queryWeight) x \(part.documentWeight) = \(part.contribution)")
                if part.contribution >= 0 { right += length }
            }
            picture.text(scores(of: hit), at: (right + 8, y + 14), color: "#555")
        }
        picture.line(from: (zero, 44), to: (zero, 50 + Double(result.count) * row))
        drawLegend(of: terms, at: 60 + Double(result.count) * row, in: &picture)
        return picture
    }

    private func drawLegend(of terms: [String], at top: Double, in picture: inout Picture) {
        for (index, term) in terms.enumerated() {
            let y = top + Double(index) * 20
            picture.bar(at: (20, y), width: 12, height: 12, color: Self.colors[index], title: term)
            picture.text(Printable.line(Array(term.utf8), limit: 60), at: (40, y + 11))
        }
        let stages = result.stages.map { "\($0.name): \($0.scored) of \($0.candidates) in \(microseconds($0)) us" }
        let line = stages.isEmpty ? "\(result.plan.reason)" : stages.joined(separator: ", then ")
        picture.text(line, at: (20, top + Double(terms.count) * 20 + 11), color: "#555")
    }

    private func microseconds(_ report: StageReport) -> String { Figures.decimal(report.seconds * 1e6, 0) }

    /// The terms that contributed most, over all hits.
    private var terms: [String] {
        var sums: [String: Float] = [:]
        for hit in result { for part in hit.contributions { sums[part.term, default: 0] += abs(part.contribution) } }
        return sums.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.prefix(Self.namedTerms).map(\.key)
    }

    private func color(of term: String, in terms: [String]) -> String {
        terms.firstIndex(of: term).map { Self.colors[$0] } ?? Self.rest
    }

    private static func sums(_ hit: Hit) -> (negative: Float, positive: Float) {
        hit.contributions.reduce(into: (0, 0)) { sums, part in
            if part.contribution < 0 { sums.0 += part.contribution } else { sums.1 += part.contribution }
        }
    }

    private func scores(of hit: Hit) -> String {
        guard !hit.stageScores.isEmpty else { return Figures.decimal(Double(hit.score), 3) }
        return hit.stageScores.map { $0.map { Figures.decimal(Double($0), 3) } ?? "-" }.joined(separator: " / ")
    }
}
