import SparseStore
import Testing

@testable import SparseInterchange

/// Documents in the JSON that other tools write.
@Suite struct ForeignShapesTests {
    private func documents(
        _ text: String, paths: FieldPaths = FieldPaths(), from position: InputPosition = InputPosition()
    ) throws -> [Document] {
        try rows(text, paths: paths, from: position).compactMap {
            guard case .document(let document, _) = $0.row else { return nil }
            return document
        }
    }

    private func rows(
        _ text: String, paths: FieldPaths = FieldPaths(), from position: InputPosition = InputPosition()
    ) throws -> [(row: DocumentRow, after: InputPosition)] {
        let source = try ByteSource(bytes: Array(text.utf8))
        let reader = try JSONLinesReader(
            source: source, format: try InputFormat.detect(try ByteSource(bytes: Array(text.utf8))), paths: paths,
            from: position)
        var rows: [(DocumentRow, InputPosition)] = []
        while let row = try reader.next() { rows.append((row, reader.position)) }
        return rows
    }

    private func reason(_ text: String, paths: FieldPaths = FieldPaths()) throws -> String {
        guard case .reject(let reject)? = try rows(text, paths: paths).first?.row else { return "" }
        return reject.reason
    }

    @Test(arguments: [
        // A record of qdrant-client, a match of Pinecone, a row of Milvus.
        (
            #"{"id": 7, "payload": {"t": "x"}, "vector": {"text": {"indices": [17, 3], "values": [1.25, 0.5]}}}"#,
            "vector.text"
        ),
        (
            #"{"id": "7", "values": [0.1], "sparse_values": {"indices": [3, 17], "values": [0.5, 1.25]}}"#,
            "sparse_values"
        ),
    ])
    func `vectors by number are read at any path`(_ line: String, _ path: String) throws {
        let document = try #require(try documents(line, paths: FieldPaths(vector: path)).first)
        #expect(document.id == "7")
        #expect(document.content == .vector(try SparseVector(terms: [3, 17], weights: [0.5, 1.25])))
    }

    @Test(
        arguments: [
            (#"{"id": 1, "sparse_vector": {"3": 0.5, "17": 1.25}}"#, "sparse_vector"),
            (#"{"id": 1, "a": {"b": {"vector": {"x": 9}, "c": {"3": 0.5, "17": 1.25}}}, "vector": 5}"#, "a.b.c"),
            (#"{"id": 1, "vector": [["3", 0.5], ["17", 1.25]]}"#, nil),
            (#"{"id": 1, "vector": {"3": "0.5", "17": "1.25"}}"#, nil),
        ] as [(String, String?)])
    func `vectors by name are read in every form`(_ line: String, _ path: String?) throws {
        let document = try #require(try documents(line, paths: FieldPaths(vector: path)).first)
        #expect(document.content == .terms([WeightedTerm("3", 0.5), WeightedTerm("17", 1.25)]))
    }

    @Test(
        arguments: [
            (#"{"_id": "a", "vector": {"x": 1}}"#, nil), (#"{"docid": "a", "vector": {"x": 1}}"#, nil),
            (#"{"docid": "b", "id": "a", "vector": {"x": 1}}"#, nil),
            (#"{"id": "b", "key": {"name": "a"}, "vector": {"x": 1}}"#, "key.name"),
        ] as [(String, String?)])
    func `ids are read by their usual names or at a path`(_ line: String, _ path: String?) throws {
        #expect(try documents(line, paths: FieldPaths(id: path)).map(\.id) == ["a"])
    }

    @Test(arguments: [
        (#"{"id": 1, "sparse_values": {"indices": [3], "values": [0.5]}}"#, "--vector-field sparse_values"),
        (#"{"id": 1, "ml": {"tokens": {"swift": 1.2}}}"#, "--vector-field ml.tokens"),
        (#"{"id": 1, "e": [["swift", 1.2]]}"#, "--vector-field e"),
    ])
    func `a line without a vector says where one may be`(_ line: String, _ hint: String) throws {
        #expect(try reason(line).hasSuffix(hint))
    }

    @Test(arguments: [
        #"[{"id": "a", "vector": {"x": 1}}, {"id": "b", "content": "}], [{\"", "vector": {"y": 2}}]"#,
        "{\n  \"id\": \"a\",\n  \"vector\": {\"x\": 1}\n}\n{\n  \"id\": \"b\",\n  \"vector\": {\"y\": 2}\n}\n",
        "\u{FEFF} [\n{\"id\": \"a\", \"vector\": {\"x\": 1}},\n{\"id\": \"b\", \"vector\": {\"y\": 2}}\n]\n",
    ])
    func `arrays and pretty-printed objects are read, and reading goes on from any place`(_ text: String) throws {
        #expect(try documents(text).map(\.id) == ["a", "b"])
        let first = try #require(try rows(text).first)
        #expect(try documents(text, from: first.after).map(\.id) == ["b"])
    }

    @Test func `bulk files of Elasticsearch name a document in the line before`() throws {
        let text = """
            {"index": {"_index": "i", "_id": "1"}}
            {"text": "x", "ml": {"tokens": {"swift": 1.2}}}
            {"create": {"_id": 2}}
            {"ml": {"tokens": {"bird": 0.5}}}
            {"ml": {"tokens": {"bird": 0.5}}}
            """
        let rows = try rows(text, paths: FieldPaths(vector: "ml.tokens"))
        #expect(rows.count == 3)
        #expect(try documents(text, paths: FieldPaths(vector: "ml.tokens")).map(\.id) == ["1", "2"])
        #expect(rows.first?.after.number == 2)
    }

    /// It would give the document after that line an id that is not its own.
    @Test(arguments: [[0x22, 0xFF, 0x22], [UInt8](repeating: 0x20, count: 100)])
    func `the id of an action does not outlast a line that cannot be read`(_ unreadable: [UInt8]) throws {
        let action = #"{"index": {"_id": "1"}}"# + "\n"
        let document = "\n" + #"{"vector": {"swift": 1}}"# + "\n"
        let reader = try JSONLinesReader(
            source: ByteSource(bytes: Array(action.utf8) + unreadable + Array(document.utf8)), lineLimit: 64)
        var reasons: [String] = []
        while let row = try reader.next() {
            guard case .reject(let reject) = row else { continue }
            reasons.append(reject.reason)
        }
        #expect(reasons.count == 2)
        #expect(reasons.last?.contains("id") == true)
    }

    @Test(arguments: [
        ("{\"id\": \"a\", \"vector\": {\"x\": 1}}\n{\n", InputFormat.jsonl), ("{\"id\": \"a\"", .jsonl),
        ("{\n\"id\": 1}", .json), ("", .jsonl), ("{\n{\"id\": \"a\", \"vector\": {\"x\": 1}}\n", .jsonl),
    ])
    func `a first line tells JSON Lines from JSON over several lines`(_ text: String, _ format: InputFormat) throws {
        #expect(try InputFormat.detect(ByteSource(bytes: Array(text.utf8))) == format)
    }

    @Test(arguments: [
        (#"{"id": 1, "vector": [["x", 1], ["x", 2]]}"#, "appears twice"),
        (#"{"id": 1, "vector": {"x": 1}, "attributes": {"\u00e9": 1, "e\u0301": 2}}"#, "appears twice"),
        (#"{"id": 1, "vector": [["x", 1, 2]]}"#, "pair"), (#"{"id": 1, "vector": [["x"]]}"#, "pair"),
        (#"{"id": 1, "vector": {"x": "one"}}"#, "number"), (#"{"id": 1, "vector": {"x": "1 "}}"#, ""),
    ])
    func `what is no vector in any form says why`(_ line: String, _ part: String) throws {
        #expect(try part.isEmpty || reason(line).contains(part))
    }

    @Test(arguments: [
        #"{"rows": [{"id": 1, "vector": {"x": 1}}, {"id": 2, "vector": {"y": 2}}]}"#,
        "{\n  \"rows\": [\n    {\n      \"id\": 1,\n      \"vector\": {\"x\": 1}\n    },\n    "
            + "{\"id\": 2, \"vector\": {\"y\": 2}}\n  ]\n}\n",
    ])
    func `rows within an object are read as pymilvus writes them`(_ text: String) throws {
        let all = try rows(text)
        #expect(try documents(text).map(\.id) == ["1", "2"])
        #expect(all.count == 2)
        #expect(try documents(text, from: try #require(all.first).after).map(\.id) == ["2"])
    }

    @Test(arguments: [
        (#"{"id": "a", "vector": {"x": 1}, "title": "t"}"#, "a field is not read"),
        (#"{"id": "a", "vector": {"x": 1, "y": 0}}"#, "a weight is zero"),
        (#"{"id": "a", "vector": {"x": "1"}}"#, "a weight is written as a string"),
        (#"{"id": "a", "vector": {"indices": [1], "values": [1], "n": 2}}"#, "a field is not read"),
    ])
    func `strict rules reject what is otherwise passed over`(_ line: String, _ reason: String) throws {
        #expect(try documents(line).count == 1)
        let reader = try JSONLinesReader(
            source: ByteSource(bytes: Array(line.utf8)), rules: ReadingRules(isStrict: true))
        guard case .reject(let reject)? = try reader.next() else {
            Issue.record("read")
            return
        }
        #expect(reject.reason.contains(reason))
    }

    @Test(arguments: [
        (#"{"id": 1, "vector": {"text": {"indices": [3], "values": [0.5]}}}"#, "--vector-field vector.text"),
        (#"{"d1": {"swift": 1.5}, "d2": {"bird": 0.5}}"#, "to_entries"),
        (#"{"id": 1, "sparse": {"swift": 1.5}}"#, "--vector-field sparse"),
    ])
    func `vectors at another place are named with the way to them`(_ line: String, _ hint: String) throws {
        #expect(try reason(line).contains(hint))
    }
}
