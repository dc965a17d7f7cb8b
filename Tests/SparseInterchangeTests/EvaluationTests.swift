import Foundation
import SparseInterchange
import SparseStore
import Testing

@Suite("Truth, judgments and the measures made with them")
struct EvaluationTests {
    private func truth(_ rows: [[UInt32]], _ scores: [[Float]]) throws -> GroundTruth {
        var bytes = Support.little(UInt32(rows.count)) + Support.little(UInt32(rows[0].count))
        for row in rows.flatMap({ $0 }) { bytes += Support.little(row) }
        for score in scores.flatMap({ $0 }) { bytes += Support.little(score.bitPattern) }
        return try GroundTruth(source: ByteSource(bytes: bytes))
    }

    private func hits(_ pairs: (String, Float)...) -> [ScoredDocument] {
        pairs.map { ScoredDocument(id: $0.0, score: $0.1) }
    }

    @Test
    func `a truth of another size than its counts promise is refused`() throws {
        let good = try truth([[1, 2], [3, 4]], [[2, 1], [5, 4]])
        #expect(good.queries == 2)
        #expect(good.k == 2)
        #expect(Array(good.answer(1).rows) == [3, 4])
        #expect(Array(good.answer(1).scores) == [5, 4])
        let head = Support.little(UInt32(2)) + Support.little(UInt32(2))
        for bytes in [
            [], Array(head[..<7]), head, head + [UInt8](repeating: 0, count: 31),
            head + [UInt8](repeating: 0, count: 33),
            Support.little(UInt32.max) + Support.little(UInt32.max),
            Support.little(UInt32(0)) + Support.little(UInt32(0)),
        ] {
            #expect(throws: InterchangeError.self) { try GroundTruth(source: ByteSource(bytes: bytes)) }
        }
    }

    @Test
    func `recall counts what reaches the k-th true score`() throws {
        let answer = try truth([[1, 2, 3, 4]], [[5, 4, 3, 3]]).answer(0)
        #expect(RecallMetric(hits(("1", 5), ("2", 4), ("3", 3)), truth: answer, limit: 3).value == 1)
        // A tie at the last place may be taken by either, in the list or not.
        #expect(RecallMetric(hits(("1", 5), ("2", 4), ("4", 3)), truth: answer, limit: 3).value == 1)
        #expect(RecallMetric(hits(("1", 5), ("2", 4), ("9", 3)), truth: answer, limit: 3).value == 1)
        #expect(RecallMetric(hits(("1", 5), ("2", 4), ("9", 2.99995)), truth: answer, limit: 3).value == 1)
        #expect(RecallMetric(hits(("1", 5), ("2", 4), ("9", 2.9)), truth: answer, limit: 3).right == 2)
        // The score in the truth counts, not the one returned.
        let lying = RecallMetric(hits(("3", 9), ("4", 9)), truth: answer, limit: 2)
        #expect(lying.right == 0)
        #expect(lying.scoreError == 6)
        // A document takes one place.
        #expect(RecallMetric(hits(("1", 5), ("1", 5), ("1", 5)), truth: answer, limit: 3).right == 1)
        // More hits than places, fewer places in the truth than asked for.
        #expect(RecallMetric(hits(("9", 1), ("1", 5)), truth: answer, limit: 1).right == 0)
        #expect(RecallMetric(hits(("1", 5), ("2", 4), ("3", 3), ("4", 3)), truth: answer, limit: 10).value == 1)
    }

    @Test
    func `a missing place is right where the truth has score 0`() throws {
        let answer = try truth([[1, 2, 3, 4]], [[5, 4, 0, 0]]).answer(0)
        #expect(RecallMetric(hits(("1", 5), ("2", 4)), truth: answer, limit: 4).value == 1)
        #expect(RecallMetric(hits(("1", 5)), truth: answer, limit: 4).value == 0.75)
        #expect(RecallMetric([], truth: answer, limit: 4).value == 0.5)
        #expect(RecallMetric([], truth: answer, limit: 2).value == 0)
    }

    @Test
    func `equal scores stand as trec_eval puts them: the larger id first`() throws {
        let answer = hits(("10", 1), ("9", 1), ("2", 2))
        #expect(Measure.evaluationOrder(answer).map(\.id) == ["2", "9", "10"])
        #expect(try Measure("RR@10").value(answer, grades: ["10": 1]) == 1.0 / 3)
    }

    @Test
    func `judgments of three and four columns`() throws {
        let text = "q1\td1\t1\nq1  d2 0\r\n\nq2 0 d1 3\n"
        #expect(
            try Qrels(source: ByteSource(bytes: Array(text.utf8))).grades == [
                "q1": ["d1": 1, "d2": 0], "q2": ["d1": 3],
            ])
        let header = "query-id\tcorpus-id\tscore\n1\t2\t1\n"
        #expect(try Qrels(source: ByteSource(bytes: Array(header.utf8))).grades == ["1": ["2": 1]])
        for bad in ["q d\n", "q d x\n", "1 2 3 4 5\n", "1 2 1\nq d score\n"] {
            #expect(throws: InterchangeError.self) { try Qrels(source: ByteSource(bytes: Array(bad.utf8))) }
        }
    }

    @Test(arguments: [
        "q1 0 d1 1", "q1 0 d1 1.0", "q1\td1\t1e0", "query_id\tdoc_id\trelevance\nq1\td1\t1",
        "query-id\titer\tcorpus-id\tscore\nq1\t0\td1\t1", "q1,d1,1", "q1, 0, d1, 1", #""q1","d1",1"#,
        "query-id,corpus-id,score\r\nq1,d1,1\r\n", #"{"q1":{"d1":1}}"#,
        "\n{ \"q1\" :\n {\"d1\": 1.0} ,\"q2\":{}}\n",
    ])
    func `one judgment in each of the usual shapes`(text: String) throws {
        let qrels = try Qrels(source: ByteSource(bytes: Array(text.utf8)))
        #expect(qrels.grades == ["q1": ["d1": 1]])
        #expect(qrels.repeated == 0)
    }

    @Test(arguments: [
        ("q d 0.5", "line 1", "not a whole number"), ("q d 1\nq d nan", "line 2", "not a whole number"),
        ("q d 1\nq d x", "line 2", "not a number"), ("q d", "line 1", "query document grade"),
        ("q d 1\nq e 1\nq 0 d 2", "line 3", "different grade"), (#"{"q":{"d":0.5}}"#, "byte 11", "whole number"),
        (#"{"q":{"d":1,"d":2}}"#, "byte 17", "two different grades"), (#"{"q":1}"#, "byte 6", "expected"),
        (#"{"q":{"d":1}} x"#, "byte 15", "extra text"),
    ])
    func `what is no judgment is refused with the place and a reason`(text: String, place: String, reason: String)
        throws
    {
        let error = #expect(throws: InterchangeError.self) { try Qrels(source: ByteSource(bytes: Array(text.utf8))) }
        #expect(error?.message.contains(place) == true, "\(error?.message ?? "")")
        #expect(error?.message.contains(reason) == true, "\(error?.message ?? "")")
    }

    @Test
    func `a judgment that stands twice with one grade is counted`() throws {
        let qrels = try Qrels(source: ByteSource(bytes: Array("q d 1\nq d 1\nq 0 d 1.0\n".utf8)))
        #expect(qrels.repeated == 2)
        #expect(qrels.grades == ["q": ["d": 1]])
    }

    @Test
    func `a run is written as trec_eval reads it`() throws {
        try Support.withFile([]) { path in
            let writer = try TRECRunWriter(path: path, tag: "t")
            try writer.write(query: "q1", hits(("d2", 1.5), ("d1", 0.1)))
            try writer.write(query: "q2", [])
            try writer.finish()
            #expect(try String(contentsOfFile: path, encoding: .utf8) == "q1 Q0 d2 1 1.5 t\nq1 Q0 d1 2 0.1 t\n")
            #expect(throws: InterchangeError.self) { try writer.write(query: "q", hits(("a b", 1))) }
        }
    }

    @Test
    func `a run is read as it was written, and lines that are none are named`() throws {
        func read(_ text: String) throws -> [TextKey: [ScoredDocument]] {
            try TRECRun(source: ByteSource(bytes: Array(text.utf8))).rankings
        }
        try Support.withFile([]) { path in
            let writer = try TRECRunWriter(path: path)
            try writer.write(query: "q1", hits(("d2", 0.1), ("d1", -1.5e-7)))
            try writer.finish()
            #expect(try TRECRun(path: path).rankings == ["q1": hits(("d2", 0.1), ("d1", -1.5e-7))])
        }
        #expect(
            try read("q Q0 a 7 1 t\r\n\n  r\tQ0\tb 1 2e1 other\nq Q0 c 0 3 t") == [
                "q": hits(("a", 1), ("c", 3)), "r": hits(("b", 20)),
            ])
        #expect(try read("").isEmpty)
        let long = String(repeating: "x", count: 70_000)
        for bad in ["q Q0 a 1 1", "q Q0 a 1 one t", "q Q0 a 1 nan t", "q Q0 a 1 1e99 t", "q Q0 a 1 2 t u", long] {
            let error = #expect(throws: InterchangeError.self) { try read("q Q0 a 1 1 t\n\(bad)\n") }
            #expect(error?.code == .invalidInput)
            #expect(error?.message.contains("line 2 ") == true)
        }
        #expect(throws: InterchangeError.self) { try TRECRun(path: "/nonexistent") }
    }

    @Test
    func `queries and documents of two spellings are two`() throws {
        let (composed, decomposed) = ("caf\u{E9}", "cafe\u{301}")
        let grades: [TextKey: Int] = [TextKey(composed): 2]
        #expect(
            try Measure("nDCG@10").value(hits((decomposed, 2), (composed, 1)), grades: grades) == 1 / log2(3.0))
        #expect(try Measure("RR@10").value(hits((decomposed, 1)), grades: grades) == 0)
        let lines = "\(composed) d 1\n\(decomposed) d 2\n\(composed) \(composed) 3\n\(composed) \(decomposed) 0\n"
        let qrels = try Qrels(source: ByteSource(bytes: Array(lines.utf8)))
        #expect(qrels.grades.count == 2)
        #expect(qrels.grades[TextKey(composed)]?.count == 3)
        let run = "\(composed) Q0 d 1 2 t\n\(decomposed) Q0 e 1 3 t\n"
        let rankings = try TRECRun(source: ByteSource(bytes: Array(run.utf8))).rankings
        #expect(rankings[TextKey(composed)] == hits(("d", 2)))
        #expect(rankings[TextKey(decomposed)] == hits(("e", 3)))
        #expect(hits((composed, 1)) != hits((decomposed, 1)))
    }

    @Test
    func `the sample's truth and judgments belong to its queries`() throws {
        let queries = try QueryFile(path: Support.sample("queries.jsonl")).queries
        let truth = try GroundTruth(path: Support.sample("truth.bin"))
        let qrels = try Qrels(path: Support.sample("qrels.tsv"))
        #expect(queries.count == 50)
        #expect(truth.queries == 50)
        #expect(truth.k == 10)
        #expect(queries.allSatisfy { qrels.grades[TextKey($0.id)] != nil })
    }
}
