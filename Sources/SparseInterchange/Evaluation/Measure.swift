internal import Platform
public import SparseStore

/// A measure of a ranking against graded judgments, with the name it has in ir_measures: `nDCG@10`, `RR@10`, `R@100`,
/// `AP`, `P(rel=2)@5`.
///
/// The number after the `@` is the depth down to which a ranking counts. `rel` is the lowest grade of a relevant
/// document, 1 by default. The values are those of trec_eval, which ir_measures takes from pytrec_eval.
///
/// ```swift
/// let measure = try Measure("nDCG@10")
/// let value = measure.value([ScoredDocument(id: "d1", score: 2.5)], grades: ["d1": 1])
/// ```
public struct Measure: Sendable, Hashable, CustomStringConvertible {
    private enum Kind: String, CaseIterable {
        case nDCG
        case reciprocalRank = "RR"
        case averagePrecision = "AP"
        case precision = "P"
        case recall = "R"
        case success = "Success"
        case judged = "Judged"
        case rankBiasedPrecision = "RBP"

        /// Other names that ir_measures knows.
        static let aliases: [String: Kind] = [
            "NDCG": .nDCG, "MRR": .reciprocalRank, "MAP": .averagePrecision, "Precision": .precision, "Recall": .recall,
        ]

        var needsDepth: Bool { [.precision, .recall, .success].contains(self) }

        var parameters: Set<String> {
            switch self {
            case .nDCG, .judged: []
            case .rankBiasedPrecision: ["rel", "p"]
            default: ["rel"]
            }
        }
    }

    /// The name as the caller wrote it.
    public let description: String
    /// The number of documents at the top of a ranking that count; nil for all.
    public let depth: Int?

    private let kind: Kind
    private let relevance: Int
    private let persistence: Double

    /// Creates the measure called `name`: `nDCG`, `RR`, `AP`, `P`, `R`, `Success`, `Judged` or `RBP`, with parameters
    /// in parentheses and a depth after an `@`. `P`, `R` and `Success` need a depth. `RBP` takes its persistence as
    /// `p`, 0.8 by default, and counts a document as relevant or not.
    ///
    /// - Throws: `invalidInput`, which names the problem and the known names.
    public init(_ name: some StringProtocol) throws(InterchangeError) {
        let name = String(name)
        var rest = name[...]
        let word = rest.prefix { $0.isLetter }
        rest = rest.dropFirst(word.count)
        guard let kind = Kind(rawValue: String(word)) ?? Kind.aliases[String(word)] else {
            throw Self.refusal(
                name, "is not known",
                "the measures are \(Kind.allCases.map(\.rawValue).joined(separator: ", ")), written as in nDCG@10")
        }
        var parameters: [String: Substring] = [:]
        if rest.first == "(" {
            guard let end = rest.firstIndex(of: ")") else {
                throw Self.refusal(name, "has no ')'", "write it as in \(kind.rawValue)(rel=2)@10")
            }
            for part in rest[rest.index(after: rest.startIndex)..<end].split(separator: ",") {
                let pair = part.split(separator: "=", maxSplits: 1).map { $0.filter { $0 != " " } }
                guard pair.count == 2, kind.parameters.contains(pair[0]) else {
                    throw Self.refusal(
                        name, "has a parameter that \(kind.rawValue) does not have here",
                        kind.parameters.isEmpty
                            ? "leave it out" : "use \(kind.parameters.sorted().joined(separator: " and "))")
                }
                parameters[pair[0]] = Substring(pair[1])
            }
            rest = rest[rest.index(after: end)...]
        }
        if rest.first == "@" {
            guard let depth = Int(rest.dropFirst()), (1...Limits.maximumResults).contains(depth) else {
                throw Self.refusal(
                    name, "has no depth of 1 to \(Limits.maximumResults) after '@'", "write it as in nDCG@10")
            }
            self.depth = depth
        } else if rest.isEmpty {
            depth = nil
        } else {
            throw Self.refusal(name, "has extra text after '\(word)'", "write it as in \(kind.rawValue)@10")
        }
        guard depth != nil || !kind.needsDepth else {
            throw Self.refusal(name, "needs a depth", "write it as in \(kind.rawValue)@10")
        }
        guard let relevance = Int(parameters["rel"] ?? "1") else {
            throw Self.refusal(name, "has a 'rel' that is not a whole number", "give the lowest grade, as in rel=2")
        }
        guard let persistence = Double(parameters["p"] ?? "0.8"), persistence > 0, persistence < 1 else {
            throw Self.refusal(name, "has a 'p' that is not between 0 and 1", "give one, as in p=0.8")
        }
        description = name
        self.kind = kind
        self.relevance = relevance
        self.persistence = persistence
    }

    /// Returns the measures in a list such as `nDCG@10,RR@10,P(rel=2)@5`, separated by commas or spaces.
    ///
    /// - Throws: `invalidInput` for a name that is unknown or appears twice, and for an empty list.
    public static func list(_ text: String) throws(InterchangeError) -> [Measure] {
        var names = [""]
        var depth = 0
        for character in text {
            if character == "(" { depth += 1 }
            if character == ")" { depth -= 1 }
            if depth == 0, character == "," || character == " " {
                names.append("")
            } else {
                names[names.count - 1].append(character)
            }
        }
        var measures: [Measure] = []
        for name in names where !name.isEmpty {
            let measure = try Measure(name)
            guard !measures.contains(measure) else { throw refusal(name, "appears twice", "name it once") }
            measures.append(measure)
        }
        guard !measures.isEmpty else {
            throw InterchangeError(.invalidInput, "the list of measures is empty; name some, as in nDCG@10,RR@10")
        }
        return measures
    }

    /// Returns the value for the answer to one query, from 0 to 1. As in trec_eval, a division by zero gives 0: recall
    /// without relevant documents, precision without hits.
    ///
    /// - Parameters:
    ///   - hits: The answer. It is ordered by score (`evaluationOrder(_:)`).
    ///   - grades: The judgments of this query, by document.
    public func value(_ hits: [ScoredDocument], grades: [TextKey: Int]) -> Double {
        let order = Self.evaluationOrder(hits).prefix(depth ?? hits.count)
        let found = order.map { grades[TextKey($0.id)] }
        let isRelevant = found.map { $0.map { $0 >= relevance } ?? false }
        switch kind {
        case .nDCG:
            let ideal = Self.gain(grades.values.sorted(by: >).prefix(depth ?? grades.count))
            return Self.share(Self.gain(found.map { $0 ?? 0 }), of: ideal)
        case .reciprocalRank:
            return isRelevant.firstIndex(of: true).map { 1 / Double($0 + 1) } ?? 0
        case .averagePrecision:
            var (count, sum) = (0.0, 0.0)
            for (rank, relevant) in isRelevant.enumerated() where relevant {
                count += 1
                sum += count / Double(rank + 1)
            }
            return Self.share(sum, of: Double(grades.values.count { $0 >= relevance }))
        case .precision:
            return Self.share(Double(isRelevant.count { $0 }), of: Double(depth ?? 0))
        case .recall:
            return Self.share(Double(isRelevant.count { $0 }), of: Double(grades.values.count { $0 >= relevance }))
        case .success:
            return isRelevant.contains(true) ? 1 : 0
        case .judged:
            return Self.share(Double(found.count { $0 != nil }), of: Double(found.count))
        case .rankBiasedPrecision:
            var (weight, sum) = (1 - persistence, 0.0)
            for relevant in isRelevant {
                if relevant { sum += weight }
                weight *= persistence
            }
            return sum
        }
    }

    /// Sorts documents as trec_eval does, whatever their order: by descending score, then by descending id.
    public static func evaluationOrder(_ hits: [ScoredDocument]) -> [ScoredDocument] {
        hits.sorted { first, second in
            if first.score != second.score { return first.score > second.score }
            return TextKey(second.id) < TextKey(first.id)
        }
    }

    /// Grades above zero, each divided by the binary logarithm of its rank plus one (trec_eval's `ndcg_cut`).
    private static func gain(_ grades: some Sequence<Int>) -> Double {
        var sum = 0.0
        for (rank, grade) in grades.enumerated() where grade > 0 { sum += Double(grade) / log2(Double(rank + 2)) }
        return sum
    }

    private static func share(_ part: Double, of whole: Double) -> Double { whole > 0 ? part / whole : 0 }

    private static func refusal(_ name: String, _ problem: String, _ remedy: String) -> InterchangeError {
        InterchangeError(.invalidInput, "the measure '\(name)' \(problem); \(remedy)")
    }
}
