import SparseInterchange
import SparseStore
import Testing

@Suite("Measures by ir_measures' names")
struct MeasureTests {
    /// Judgments and an answer with ties, unjudged documents and grades below zero.
    private struct Case {
        let grades: [TextKey: Int]
        let scores: [String: Float]

        var hits: [ScoredDocument] { scores.map { ScoredDocument(id: $0, score: $1) } }
    }

    private static let cases = [
        Case(
            grades: ["d5": 0, "d2": 1, "d6": 3, "d0": 0, "d1": 3, "d9": 0, "d4": 0],
            scores: ["d1": 1, "d6": 5, "d10": 1, "d11": 2, "d3": 5, "d0": 1, "d4": 5, "d7": 5]),
        Case(
            grades: ["d6": 0, "d0": 3, "d3": 0, "d10": 3, "d2": 1, "d7": 3, "d9": -1],
            scores: ["d2": 5, "d1": 1, "d9": 5, "d3": 2, "d5": 4, "d0": 5, "d4": 4, "d6": 3]),
        Case(
            grades: ["d7": -1, "d9": 0, "d11": 0, "d5": 3, "d4": 1, "d1": 3, "d6": 2],
            scores: ["d5": 3, "d7": 2, "d4": 4, "d1": 4, "d8": 1, "d9": 1, "d3": 5, "d10": 5]),
    ]

    @Test(arguments: [
        ("nDCG@3", [0.35098520806348704, 0.33333333333333337, 0.08484946226286495]),
        ("nDCG", [0.5364180057596336, 0.31229433987991045, 0.4669256038597245]),
        ("RR", [0.5, 0.5, 0.3333333333333333]),
        ("RR(rel=2)", [0.5, 0.3333333333333333, 0.25]),
        ("AP", [0.2619047619047619, 0.29166666666666663, 0.3583333333333333]),
        ("AP@3", [0.16666666666666666, 0.29166666666666663, 0.08333333333333333]),
        ("AP(rel=2)", [0.39285714285714285, 0.1111111111111111, 0.21666666666666667]),
        ("P@5", [0.2, 0.4, 0.6]),
        ("P(rel=2)@5", [0.2, 0.2, 0.4]),
        ("R@3", [0.3333333333333333, 0.5, 0.25]),
        ("R(rel=2)@5", [0.5, 0.3333333333333333, 0.6666666666666666]),
        ("Success@1", [0, 0, 0]),
        ("Success@3", [1, 1, 1]),
    ])
    func `values are those of pytrec_eval 0.5.11`(name: String, expected: [Double]) throws {
        let measure = try Measure(name)
        for (sample, value) in zip(Self.cases, expected) {
            #expect(abs(measure.value(sample.hits, grades: sample.grades) - value) < 1e-12)
        }
    }

    @Test
    func `the share of judged documents and rank-biased precision by hand`() throws {
        let hits = [("a", 3), ("b", 2), ("c", 1)].map { ScoredDocument(id: $0.0, score: $0.1) }
        let grades: [TextKey: Int] = ["a": 2, "c": 1, "z": 0]
        #expect(try Measure("Judged@2").value(hits, grades: grades) == 0.5)
        // An answer shorter than the depth is judged by what it has.
        #expect(try Measure("Judged@10").value(hits, grades: grades) == 2.0 / 3)
        let persistent = try Measure("RBP(p=0.5)").value(hits, grades: grades)
        #expect(abs(persistent - (0.5 + 0.125)) < 1e-12)
        let strict = try Measure("RBP(rel=2, p=0.5)@3").value(hits, grades: grades)
        #expect(abs(strict - 0.5) < 1e-12)
    }

    @Test(arguments: ["nDCG@10", "RR", "AP", "P@5", "R@5", "Success@5", "Judged@5", "RBP"])
    func `an empty answer and judgments without anything relevant give 0`(name: String) throws {
        let measure = try Measure(name)
        #expect(measure.value([], grades: ["a": 1]) == 0)
        let value = measure.value([ScoredDocument(id: "a", score: 1)], grades: ["x": 0])
        #expect(value == 0)
    }

    @Test
    func `other names mean the same measures`() throws {
        let sample = Self.cases[0]
        for (alias, name) in [
            ("MRR@10", "RR@10"), ("MAP", "AP"), ("NDCG@3", "nDCG@3"), ("Recall@3", "R@3"), ("Precision@5", "P@5"),
        ] {
            let value = try Measure(alias).value(sample.hits, grades: sample.grades)
            #expect(try Measure(name).value(sample.hits, grades: sample.grades) == value)
        }
    }

    @Test
    func `a list is separated by commas or spaces, also beside parentheses`() throws {
        let names = try Measure.list("nDCG@10,RR(rel=2)@10, R@100 RBP(rel=1,p=0.5)").map(\.description)
        #expect(names == ["nDCG@10", "RR(rel=2)@10", "R@100", "RBP(rel=1,p=0.5)"])
    }

    @Test(arguments: [
        ("ERR@10", "nDCG, RR, AP, P, R, Success, Judged, RBP"), ("ndcg@10", "nDCG"), ("nDCG@0", "depth"),
        ("nDCG@-3", "depth"), ("nDCG@x", "depth"), ("P", "needs a depth"), ("R", "R@10"),
        ("nDCG(rel=2)@10", "leave it out"),
        ("P(rel=x)@5", "whole number"), ("RBP(p=1)", "between 0 and 1"), ("P(rel=2@5", "')'"),
        ("nDCG10", "nDCG@10"),
        ("AP,AP", "appears twice"), ("", "is empty"), (",", "is empty"), ("P(5)", "rel"),
    ])
    func `what is no measure is refused with its name and what there is`(text: String, part: String) throws {
        let error = #expect(throws: InterchangeError.self) { try Measure.list(text) }
        #expect(error?.message.contains(part) == true, "\(error?.message ?? "")")
    }
}
