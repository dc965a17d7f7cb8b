import SparseInterchange
import SparseStore
import Testing

@Suite("JSON Lines are read as documents or rejected with a reason")
struct JSONLinesReaderTests {
    @Test
    func `a document has an id, terms in their order, a payload and tags`() throws {
        let document = try #require(
            try Support.document(
                #"{"id": "d1", "content": "text", "vector": {"b": 2.5, "a": 1}, "tags": ["x", "y"]}"#))
        #expect(document.id == "d1")
        #expect(Support.terms(document) == [WeightedTerm("b", 2.5), WeightedTerm("a", 1)])
        #expect(document.payload == Array("text".utf8))
        #expect(document.tags == ["x", "y"])
    }

    @Test(arguments: [
        (#""a b""#, "a b"), ("17", "17"), ("-3", "-3"), ("0", "0"),
        ("123456789012345678901234567890", "123456789012345678901234567890"), (#""A\n""#, "A\n"),
    ])
    func `ids are strings or integers`(json: String, id: String) throws {
        #expect(try Support.document("{\"id\": \(json), \"vector\": {\"a\": 1}}")?.id == id)
    }

    @Test(
        "what is no id is rejected",
        arguments: [
            "1.5", "1e3", "-0", "null", "true", "[1]", "{}", #""""#, "01", "+1",
            "\"" + String(repeating: "x", count: 501) + "\"", String(repeating: "1", count: 501),
        ])
    func badIDs(json: String) throws {
        #expect(try Support.reason("{\"id\": \(json), \"vector\": {\"a\": 1}}") != nil)
    }

    @Test
    func `escapes and surrogate pairs stand for their characters, in names, keys and values`() throws {
        let document = try Support.document(
            #"{"\u0069d": "\"\\\/\b\f\n\r\t", "content": "\ud83d\ude00 \u00e9\u20AC", "vector": {"\u0061": 1, "\\": 2}}"#
        )
        #expect(document?.id == "\"\\/\u{8}\u{c}\n\r\t")
        #expect(document?.payload == Array("\u{1F600} \u{E9}\u{20AC}".utf8))
        #expect(Support.terms(document).map(\.term) == ["a", "\\"])
    }

    @Test(arguments: [
        #"\ud83d"#, #"\ude00"#, #"\ud83d\u0041"#, #"\ud83dx"#, #"\ud83d\"#, #"\x"#, #"\u12"#, #"\u12g4"#, #"\"#,
        #"\u"#,
    ])
    func `lone surrogates and bad escapes are rejected`(text: String) throws {
        #expect(try Support.reason("{\"id\": 1, \"content\": \"\(text)\", \"vector\": {\"a\": 1}}") != nil)
        #expect(try Support.reason("{\"id\": 1, \"other\": \"\(text)\", \"vector\": {\"a\": 1}}") != nil)
    }

    @Test(
        arguments: [
            [0xFF], [0xC0, 0x80], [0xE0, 0x80, 0x80], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80],
            [0xF8, 0x80, 0x80, 0x80],
            [0xC3], [0xE2, 0x82], [0xF0, 0x9F, 0x98], [0x80],
        ] as [[UInt8]])
    func `invalid UTF-8 is rejected wherever it stands`(bytes: [UInt8]) throws {
        for field in ["content", "other"] {
            let line =
                Array("{\"id\": 1, \"vector\": {\"a\": 1}, \"\(field)\": \"long enough to be ASCII ".utf8) + bytes
            let rows = try Support.rows(line + Array("\"}\n".utf8))
            guard case .reject(let reject) = try #require(rows.first) else {
                Issue.record("accepted")
                continue
            }
            #expect(reject.reason.contains("UTF-8"))
        }
    }

    @Test
    func `control characters in strings are rejected`() throws {
        #expect(try Support.reason("{\"id\": 1, \"content\": \"a\tb\", \"vector\": {\"a\": 1}}") != nil)
        #expect(try Support.reason("{\"id\": \"\u{1}\", \"vector\": {\"a\": 1}}") != nil)
    }

    @Test
    func `unknown fields of any kind are stepped over`() throws {
        let line = #"""
            {"x": {"a": [1, {"b": null}, []], "c": {}}, "id": 1, "y": [[], [true, false], "s", -1.5e3], "vector": {"a": 1}, "z": 0}
            """#
        #expect(try Support.document(line)?.id == "1")
    }

    @Test
    func `nesting has a limit`() throws {
        func line(_ depth: Int) -> String {
            let open = String(repeating: "[", count: depth)
            let close = String(repeating: "]", count: depth)
            return "{\"x\": \(open)1\(close), \"id\": 1, \"vector\": {\"a\": 1}}"
        }
        #expect(try Support.document(line(InterchangeLimits.nesting)) != nil)
        #expect(try Support.reason(line(InterchangeLimits.nesting + 1))?.contains("nest") == true)
        #expect(try Support.reason(line(100_000))?.contains("nest") == true)
    }

    @Test(arguments: [
        #"{"id": 1, "id": 2, "vector": {"a": 1}}"#, #"{"id": 1, "vector": {"a": 1}, "vector": {"a": 1}}"#,
        #"{"id": 1, "vector": {"a": 1, "b": 1, "a": 2}}"#, #"{"id": 1, "vector": {"a": 0, "a": 2}}"#,
        #"{"id": 1, "vector": {"a": 1, "\u0061": 2}}"#, #"{"id": 1, "tags": [], "tags": [], "vector": {"a": 1}}"#,
    ])
    func `a field or a term given twice is rejected`(line: String) throws {
        #expect(try Support.reason(line)?.contains("twice") == true)
    }

    @Test
    func `terms that only look alike are two terms`() throws {
        let document = try Support.document("{\"id\": 1, \"vector\": {\"\u{E9}\": 1, \"e\u{301}\": 2}}")
        #expect(Support.terms(document).count == 2)
    }

    @Test
    func `many terms, all different, then one twice`() throws {
        let members = (0..<5_000).map { "\"term \($0)\": 1" }.joined(separator: ", ")
        #expect(Support.terms(try Support.document("{\"id\": 1, \"vector\": {\(members)}}")).count == 5_000)
        #expect(try Support.reason("{\"id\": 1, \"vector\": {\(members), \"term 77\": 1}}")?.contains("twice") == true)
    }

    @Test
    func `zero weights are dropped; a vector without any other is rejected`() throws {
        let document = try Support.document(#"{"id": 1, "vector": {"a": 0.0, "b": 1, "c": -0, "d": 0e5}}"#)
        #expect(Support.terms(document).map(\.term) == ["b"])
        let reason = "id '1': the vector has no weight above zero; try --empty-vectors"
        #expect(try Support.reason(#"{"id": 1, "vector": {"a": 0}}"#) == reason)
        #expect(try Support.reason(#"{"id": 1, "vector": {}}"#) == reason)
    }

    @Test(arguments: [
        "-1", "1e400", "1e39", "3.5e38", "1e16", "1e-16", "-1e-400x", "NaN", "Infinity", "\"one\"", "null", "true",
        "[1]",
        ".5", "1.", "1e", "1e+", "--1", "0x10", "1_000", "00", "- 1",
    ])
    func `weights outside the limits are rejected`(weight: String) throws {
        #expect(try Support.reason("{\"id\": 1, \"vector\": {\"a\": \(weight)}}") != nil)
    }

    @Test
    func `limits of the store are kept to by the reader, on both sides`() throws {
        func line(id: String = "1", vector: String = "\"a\": 1", _ field: String = "\"x\": 0") -> String {
            "{\"id\": \(id), \"vector\": {\(vector)}, \(field)}"
        }
        func text(_ bytes: Int) -> String { "\"\(String(repeating: "x", count: bytes))\"" }
        func list(_ count: Int, _ element: (Int) -> String) -> String {
            "[" + (0..<count).map(element).joined(separator: ",") + "]"
        }
        func terms(_ count: Int) -> String { (0..<count).map { "\"\($0)\":1" }.joined(separator: ",") }
        func tags(_ count: Int) -> String { "\"tags\": " + list(count) { "\"t\($0)\"" } }
        func tokens(_ count: Int, _ dimension: Int) -> String {
            "\"multivector\": " + list(count) { _ in list(dimension) { _ in "1" } }
        }
        func number(_ characters: Int) -> String { "\"x\": 0." + String(repeating: "1", count: characters - 2) }
        let limits: [(inside: String, outside: String, reason: String)] = [
            (line(id: text(500)), line(id: text(501)), "500"),
            (line(vector: "\(text(400)): 1"), line(vector: "\(text(401)): 1"), "400"),
            (line(vector: terms(65_535)), line(vector: terms(65_536)), "too many"),
            (line(vector: "\"a\": 1e15"), line(vector: "\"a\": 1.1e15"), "larger than 1e15"),
            (line(tags(256)), line(tags(257)), "256"),
            (line("\"tags\": [\(text(200))]"), line("\"tags\": [\(text(201))]"), "200"),
            (line(tokens(4_096, 1)), line(tokens(4_097, 1)), "4096"),
            (line(tokens(1, 1_024)), line(tokens(1, 1_025)), "1024"),
            (line(number(1_024)), line(number(1_025)), "a number is too long"),
        ]
        for (inside, outside, reason) in limits {
            #expect(try Support.document(inside) != nil, "\(inside.prefix(80))")
            let found = try Support.reason(outside)
            #expect(found?.contains(reason) == true, "\(outside.prefix(80)): \(found ?? "read")")
        }
        #expect(try Support.reason(line(vector: "\"\": 1")) != nil)
        #expect(try Support.reason(line("\"tags\": [\"\"]")) != nil)
    }

    @Test(arguments: [
        "[]", "1", "\"x\"", "null", "{", "{}", #"{"id": 1}"#, #"{"vector": {"a": 1}}"#,
        #"{"id": 1, "vector": {"a": 1}} x"#,
        #"{"id": 1, "vector": {"a": 1},}"#, #"{"id": 1, "vector": {"a": 1,}}"#, #"{"id" 1, "vector": {"a": 1}}"#,
        #"{"id": 1 "vector": {"a": 1}}"#, #"{id: 1, "vector": {"a": 1}}"#, #"{"id": 1, "vector": ["a"]}"#,
        #"{"id": 1, "vector": null}"#, #"{"id": 1, "vector": {"a": 1}, "tags": "x"}"#,
        #"{"id": 1, "x": tru, "vector": {"a": 1}}"#,
        #"{"id": 1, "vector": {"a": 1}, "tags": [1]}"#, #"{"id": 1, "terms": {"a": 1}}"#,
        #"{"id": 1, "x": [1,], "vector": {"a": 1}}"#,
        #"{"id": 1, "x": {"y"}, "vector": {"a": 1}}"#, #"{"id": 1, "x": [}, "vector": {"a": 1}}"#,
        #"{"id": 1, "x": {], "vector": {"a": 1}}"#,
    ])
    func `what is not one object is rejected`(line: String) throws {
        #expect(try Support.reason(line) != nil)
    }

    @Test
    func `the payload is content, else contents, or the field that is named, or nothing`() throws {
        let line = #"{"contents": "two", "id": 1, "title": "three", "vector": {"a": 1}, "content": "one"}"#
        #expect(try Support.document(line)?.payload == Array("one".utf8))
        #expect(try Support.document(line, payload: .named("contents"))?.payload == Array("two".utf8))
        #expect(try Support.document(line, payload: .named("title"))?.payload == Array("three".utf8))
        #expect(try Support.document(line, payload: .named("absent"))?.payload == nil)
        #expect(try Support.document(line, payload: .none)?.payload == nil)
        let other = #"{"contents": "two", "id": 1, "vector": {"a": 1}, "content": null}"#
        #expect(try Support.document(other)?.payload == Array("two".utf8))
        let number = #"{"id": 1, "vector": {"a": 1}, "content": 5}"#
        #expect(try Support.reason(number) != nil)
        #expect(try Support.document(number, payload: .none) != nil)
        #expect(try Support.reason(number, payload: .named("content")) != nil)
    }

    @Test
    func `byte order mark, CRLF, blank lines and a missing last line feed are no trouble`() throws {
        let text = "\u{FEFF}{\"id\": 1, \"vector\": {\"a\": 1}}\r\n\r\n  \n{\"id\": 2, \"vector\": {\"a\": 1}}"
        let numbers = try Support.rows(text).map { row in
            if case .document(_, let number) = row { number } else { -1 }
        }
        #expect(numbers == [1, 4])
    }

    @Test
    func `a line that is too long is rejected, and the next one is read`() throws {
        let text =
            "{\"id\": 1, \"content\": \"\(String(repeating: "x", count: 700_000))\", \"vector\": {\"a\": 1}}\n"
            + "{\"id\": 2, \"vector\": {\"a\": 1}}\n"
        let rows = try Support.rows(text, lineLimit: 1_000)
        #expect(rows.count == 2)
        guard case .reject(let reject) = rows[0], case .document(let document, let number) = rows[1] else {
            Issue.record("not a reject and a document")
            return
        }
        #expect(reject == Reject(number: 1, reason: "the line is longer than 1000 bytes"))
        #expect(document.id == "2")
        #expect(number == 2)
    }

    @Test
    func `a reason quotes nothing of the line but its id and a term`() throws {
        for line in [
            #"{"id": 1, "content": "secret", "vector": {"a": -1}}"#, #"{"id": 1, "secret": secret}"#,
            #"{"id": secret}"#, #"{"id": 1, "tags": ["secret", 1]}"#, #"{"id": 1, "vector": {"a": "secret"}}"#,
        ] {
            #expect(try Support.reason(line)?.contains("secret") == false)
        }
    }

    @Test(arguments: [
        (#"{"id": "b", "vector": {"x": 1, "y": -2}}"#, "id 'b', term 'y', byte 37: a weight is negative"),
        (#"{"id": "b", "vector": {"x": 1, "x": 2}}"#, "id 'b', term 'x', byte 32: a term appears twice in the vector"),
        (#"{"id": 7, "vector": {"x": "a"}}"#, "id '7', term 'x', byte 27: a number is malformed"),
        (#"{"id": 7, "vector": [["x", 1e99]]}"#, "id '7', term 'x', byte 28: a number is too large for a 32-bit float"),
        (
            #"{"id": 7, "vector": {"indices": [5, 5], "values": [1, 2]}}"#,
            "id '7', term '5', byte 21: a term appears twice in the vector"
        ),
        // The id comes after the mistake.
        (#"{"vector": {"q": null}, "_id": "z"}"#, "id 'z', term 'q', byte 18: a weight is null, NaN or infinite"),
        (#"{"id": "b", "content": "text"}"#, "id 'b': the vector is missing"),
        (
            #"{"id": "b\n\u202Ec", "vector": {}}"#,
            "id 'b\u{FFFD}\u{FFFD}c': the vector has no weight above zero; try --empty-vectors"
        ),
        // Nothing after a mistake of the syntax is an id.
        (#"{"vector": {"q": 1}} "id": "z"}"#, "byte 22: there is extra text after the object"),
    ])
    func `a reason names the id, the term and the byte where they are known`(line: String, reason: String) throws {
        #expect(try Support.reason(line) == reason)
    }

    @Test
    func `a long id or term is named by its beginning`() throws {
        let name = String(repeating: "n", count: 300)
        let reason = try Support.reason(#"{"id": "\#(name)", "vector": {"\#(name)": -1}}"#)
        let beginning = "'\(String(repeating: "n", count: 60))...'"
        #expect(reason?.hasPrefix("id \(beginning), term \(beginning), byte ") == true)
    }

    @Test(arguments: [true, false])
    func `a reading goes on where another stopped, at every line`(fromFile: Bool) throws {
        let lines = (0..<20).map { $0 == 7 ? "broken" : "{\"id\": \($0), \"vector\": {\"a\": 1}}" }
        let bytes = Array(lines.joined(separator: "\n").utf8)
        try Support.withFile(bytes) { path in
            func source() throws -> ByteSource {
                fromFile ? try ByteSource(path: path) : try ByteSource(bytes: bytes)
            }
            let whole = try JSONLinesReader(source: source())
            var rest = 20
            while try whole.next() != nil {
                rest -= 1
                let reader = try JSONLinesReader(source: source(), from: whole.position)
                #expect(try Support.all(reader).count == rest)
                #expect(reader.position == whole.position || rest > 0)
            }
            #expect(rest == 0)
        }
    }

    @Test
    func `a place that is not between two lines is refused`() throws {
        let bytes = Array("{\"id\": 1, \"vector\": {\"a\": 1}}\n{\"id\": 2, \"vector\": {\"a\": 1}}\n".utf8)
        for offset in [5, 29, 31, 32, 1_000] as [UInt64] where offset != 30 {
            let source = try ByteSource(bytes: bytes)
            #expect(throws: InterchangeError.self, "offset \(offset)") {
                try JSONLinesReader(source: source, from: InputPosition(offset: offset, number: 1))
            }
        }
    }

    @Test
    func `the sample collection is read without a reject`() throws {
        let reader = try JSONLinesReader(source: try ByteSource(path: Support.sample("documents.jsonl.zst")))
        var documents = 0
        var terms = 0
        while let row = try reader.next() {
            guard case .document(let document, _) = row else {
                Issue.record("a reject")
                continue
            }
            documents += 1
            terms += Support.terms(document).count
        }
        #expect(documents == 240)
        #expect(terms == 52_679)
        #expect(reader.progress == 1)
    }

    @Test
    func `token vectors are rows of one length`() throws {
        func read(_ json: String) throws -> Multivector? {
            try Support.document("{\"id\": 1, \"multivector\": \(json), \"vector\": {\"a\": 1}}")?.multivector
        }
        let two = try Multivector([[1, -0.5], [0.25, 65_504]])
        #expect(try read("[[1, -0.5], [2.5e-1, 65504]]") == two)
        #expect(try read("null") == nil)
    }

    @Test(arguments: [
        "[]", "[[]]", "[[1], [1, 2]]", "[1]", "[[1]", "[[1,]]", "{}", "\"x\"", "[[\"1\"]]", "[[65505]]", "[[null]]",
        "[[NaN]]", "[[1e999]]", "[[" + String(repeating: "0,", count: 1_024) + "0]]",
        "[" + String(repeating: "[0],", count: 4_096) + "[0]]",
    ])
    func `what are no token vectors is rejected`(json: String) throws {
        #expect(try Support.reason("{\"id\": 1, \"vector\": {\"a\": 1}, \"multivector\": \(json)}") != nil)
    }

    @Test
    func `vectors by number, as others write them and as DocumentJSON does`() throws {
        let line = #"{"id": "a", "vector": {"values": [0.5, 0, 2], "other": [1], "indices": [7, 3, 4294967295]}}"#
        let document = try #require(try Support.document(line))
        #expect(document.content == .vector(try SparseVector([(7, 0.5), (4_294_967_295, 2)])))
        #expect(try Support.document(DocumentJSON.line(document)) == document)
        // A term may have such a name, for its weight is a number.
        #expect(
            Support.terms(try Support.document(#"{"id": 1, "vector": {"indices": 1, "values": 2}}"#))
                == [WeightedTerm("indices", 1), WeightedTerm("values", 2)])
    }

    @Test(arguments: [
        (#"{"indices": [1]}"#, "is missing"), (#"{"indices": [1, 2], "values": [1]}"#, "lengths differ"),
        (#"{"indices": [1, 1], "values": [1, 2]}"#, "twice"),
        (#"{"indices": [-1], "values": [1]}"#, "whole number"),
        (#"{"indices": [4294967296], "values": [1]}"#, "whole number"),
        (#"{"indices": [1.0], "values": [1]}"#, "whole"),
        (#"{"indices": [1], "values": [-1]}"#, "negative"), (#"{"indices": [1], "indices": [1]}"#, "twice"),
        (#"{"indices": [], "values": []}"#, "no weight"),
    ])
    func `what is no vector by number is rejected`(vector: String, reason: String) throws {
        let found = try Support.reason("{\"id\": 1, \"vector\": \(vector)}")
        #expect(found?.contains(reason) == true, "\(found ?? "accepted")")
    }

    @Test
    func `payloads in base64 are bytes again, and what is none is rejected`() throws {
        func line(_ payload: String) -> String { "{\"id\": 1, \"payload_base64\": \(payload), \"vector\": {\"a\": 1}}" }
        #expect(try Support.document(line(#""/v79""#))?.payload == [0xFE, 0xFE, 0xFD])
        #expect(try Support.document(line(#""/w==""#))?.payload == [0xFF])
        #expect(try Support.document(line(#""""#))?.payload == [])
        for bad in [#""/w=""#, #""/w""#, #""/x==""#, #""!w==""#, #""=w==""#, #""/===""#, "1"] {
            #expect(try Support.reason(line(bad))?.contains("base64") == true, "\(bad)")
        }
        #expect(try Support.reason(#"{"id": 1, "content": "", "payload_base64": "", "vector": {"a": 1}}"#) != nil)
    }

    @Test
    func `bad weights reject a line, or are left out and counted`() throws {
        let lines = ["-1", "1e-20", "1e99", "1e16", "null", "NaN", "-Infinity", "0"].map {
            "{\"id\": 1, \"vector\": {\"z\": \($0), \"a\": 1}}\n"
        }
        let text = lines.joined() + #"{"id": 1, "vector": {"a": -1}}"# + "\n"
        let strict = try JSONLinesReader(source: ByteSource(bytes: Array(text.utf8)))
        var rejected = 0
        while let row = try strict.next() { if case .reject = row { rejected += 1 } }
        #expect(rejected == 8)
        #expect(strict.droppedWeights == 0)
        let lenient = try JSONLinesReader(
            source: ByteSource(bytes: Array(text.utf8)), rules: ReadingRules(dropsBadWeights: true))
        var accepted: [[WeightedTerm]] = []
        while let row = try lenient.next() {
            if case .document(let document, _) = row { accepted.append(Support.terms(document)) }
        }
        #expect(accepted == Array(repeating: [WeightedTerm("a", 1)], count: 8))
        // Not those of a line that is rejected all the same.
        #expect(lenient.droppedWeights == 7)
    }

    @Test
    func `documents without a vector are accepted on request`() throws {
        let text = [
            #"{"id": 1, "vector": {}}"#, #"{"id": 2, "vector": {"a": 0}}"#, #"{"id": 3, "vector": null}"#,
            #"{"id": 4, "tags": ["t"]}"#, #"{"id": 5, "vector": {"indices": [], "values": []}}"#,
            #"{"id": 6, "vector": []}"#,
        ].joined(separator: "\n")
        var accepting = ReadingRules()
        accepting.acceptsEmptyVectors = true
        let rows = try Support.all(JSONLinesReader(source: ByteSource(bytes: Array(text.utf8)), rules: accepting))
        let documents = rows.compactMap { if case .document(let document, _) = $0 { document } else { nil } }
        #expect(documents.map(\.id) == ["1", "2", "3", "4", "5", "6"])
        #expect(documents.allSatisfy { $0.content == nil })
        for row in try Support.rows(text) {
            guard case .reject = row else { Issue.record("\(row) is accepted"); continue }
        }
        // A vector under another name is one that the reader does not see.
        let other = Array(#"{"id": 7, "sparse": {"indices": [1], "values": [2]}}"#.utf8)
        guard case .reject(let reject)? = try JSONLinesReader(source: ByteSource(bytes: other), rules: accepting).next()
        else { throw InterchangeError(.invalidInput, "not rejected") }
        #expect(reject.reason == "id '7': the vector is missing; try --vector-field sparse")
        // Attributes are none, and the caller may say where the vector is.
        let named = try JSONLinesReader(
            source: ByteSource(bytes: other), paths: FieldPaths(vector: "vector"), rules: accepting)
        guard case .document = try named.next() else { throw InterchangeError(.invalidInput, "rejected") }
        let attributes = Array(#"{"id": 8, "attributes": {"year": 2024}}"#.utf8)
        guard case .document = try JSONLinesReader(source: ByteSource(bytes: attributes), rules: accepting).next()
        else { throw InterchangeError(.invalidInput, "rejected") }
    }

    @Test
    func `rows without a weight are accepted on request`() throws {
        let bytes = Support.csr([[(1, 2)], [], [(3, 0)]])
        let rows = try Support.all(
            CSRReader(source: ByteSource(bytes: bytes), rules: ReadingRules(acceptsEmptyVectors: true)))
        let documents = rows.compactMap { if case .document(let document, _) = $0 { document } else { nil } }
        #expect(documents.map { $0.content == nil } == [false, true, true])
    }

    @Test
    func `bad weights of rows are left out and counted`() throws {
        let bytes = Support.csr([[(1, -1), (2, 1)], [(3, .nan)], [(4, 1e-20), (5, .infinity), (6, 2)]])
        let strict = try CSRReader(source: ByteSource(bytes: bytes))
        for row in 0..<3 {
            guard case .reject(_, let concernsWeight) = try strict.row(row) else { Issue.record("accepted"); continue }
            #expect(concernsWeight)
        }
        let lenient = try CSRReader(source: ByteSource(bytes: bytes), rules: ReadingRules(dropsBadWeights: true))
        #expect(try lenient.row(0) == .vector(try SparseVector([(2, 1)])))
        #expect(try lenient.row(1) == .empty)
        #expect(try lenient.row(2) == .vector(try SparseVector([(6, 2)])))
        #expect(lenient.droppedWeights == 3)
    }
}
