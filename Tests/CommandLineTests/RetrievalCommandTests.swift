import Foundation
import TestSupport
import Testing

/// What `search` and `eval` can be asked beside a query, called as others call it.
@Suite struct RetrievalCommandTests {
    private let folder: TemporaryFolder
    private let store: String

    /// Documents "a#0" to "a#3", "b#0" to "b#3" and so on; the weight of "t" rises with the number.
    init() throws {
        folder = TemporaryFolder()
        store = folder.path("s.sparse")
        let lines = (0..<20).map { number in
            """
            {"id": "\(["a", "b", "c", "d", "e"][number % 5])#\(number / 5)", "content": "text \(number)", \
            "tags": ["\(number % 2 == 0 ? "even" : "odd")"], "vector": {"t": \(number + 1), "u": \(20 - number)}}
            """
        }
        let loaded = try Binary.run("load", store, "-", input: Data(lines.joined(separator: "\n").utf8))
        #expect(loaded.status == 0, "\(loaded.errors)")
    }

    private func search(_ arguments: String...) throws -> [String: Any] {
        try Binary.run(["search", store, "--json", "--recall", "exact"] + arguments).object()
    }

    private func ids(_ answer: [String: Any]) throws -> [String] {
        try #require(answer["hits"] as? [[String: Any]]).compactMap { $0["id"] as? String }
    }

    @Test func `pages joined by cursors are one long answer`() throws {
        var joined: [String] = []
        var cursor: String?
        repeat {
            let page = try Binary.run(
                ["search", store, "--json", "--terms", #"{"t": 1}"#, "--limit", "7"]
                    + (cursor.map { ["--after", $0] } ?? [])
            ).object()
            joined += try ids(page)
            cursor = page["cursor"] as? String
        } while cursor != nil
        #expect(joined == (try ids(search("--terms", #"{"t": 1}"#, "--limit", "20"))))
        #expect(joined.count == 20)
    }

    @Test(arguments: ["", "zz", "0102"])
    func `a text that is not a cursor is refused as bad input`(cursor: String) throws {
        let result = try Binary.run("search", store, "--terms", #"{"t": 1}"#, "--after", cursor)
        #expect(result.status == 2)
        #expect(result.errors.contains("cursor"))
    }

    @Test func `an offset passes over hits, and a count says how many documents match`() throws {
        let answer = try search(
            "--terms", #"{"t": 1}"#, "--limit", "2", "--offset", "3", "--count", "--filter", "tag:odd")
        #expect(try ids(answer) == ["d#2", "b#2"])
        #expect(answer["matches"] as? Int == 10)
    }

    @Test func `hits bring the fields that are named`() throws {
        let some = try search("--terms", #"{"t": 1}"#, "--limit", "1", "--fields", "vector,tags")
        let hit = try #require((some["hits"] as? [[String: Any]])?.first)
        #expect(hit["payload"] == nil)
        #expect(hit["tags"] as? [String] == ["odd"])
        #expect(hit["vector"] as? [String: Double] == ["t": 20, "u": 1])
        let usual = try #require((try search("--terms", #"{"t": 1}"#)["hits"] as? [[String: Any]])?.first)
        #expect(usual["payload"] as? String == "text 19")
        #expect(usual["vector"] == nil)
        #expect(try Binary.run("search", store, "--terms", #"{"t": 1}"#, "--fields", "nothing").status == 1)
    }

    @Test func `documents are grouped by the beginnings of their ids`() throws {
        let answer = try search("--terms", #"{"t": 1}"#, "--group-by", "id:#", "--group-size", "2", "--limit", "2")
        #expect(try ids(answer) == ["e#3", "e#2", "d#3", "d#2"])
        #expect((answer["hits"] as? [[String: Any]])?.compactMap { $0["group"] as? String } == ["e", "e", "d", "d"])
        #expect(try Binary.run("search", store, "--terms", #"{"t": 1}"#, "--group-by", "id:").status == 1)
        #expect(try Binary.run("search", store, "--terms", #"{"t": 1}"#, "--group-size", "2").status == 1)
    }

    @Test func `weights may be below zero`() throws {
        let answer = try search("--terms", #"{"t": 1, "u": -1}"#, "--limit", "3")
        #expect(try ids(answer) == ["e#3", "d#3", "c#3"])
        #expect((answer["hits"] as? [[String: Any]])?.first?["score"] as? Double == 19)
    }

    @Test func `documents like some and unlike others are found without them`() throws {
        let like = try search("--like", "e#3", "--limit", "2")
        #expect(try ids(like) == ["d#3", "c#3"])
        let unlike = try search("--like", "e#3,d#3", "--unlike", "a#0", "--limit", "30")
        #expect(try !ids(unlike).contains { ["e#3", "d#3", "a#0"].contains($0) })
        let missing = try Binary.run("search", store, "--like", "nobody")
        #expect(missing.status == 2)
        #expect(missing.errors.contains("nobody"))
        #expect(try Binary.run("search", store).status == 1)
    }

    @Test func `lines of standard input are answered one by one, in their order`() throws {
        let process = Process()
        let (input, output) = (Pipe(), Pipe())
        process.executableURL = URL(fileURLWithPath: Binary.path)
        process.arguments = ["search", store, "--queries", "-", "--json", "--limit", "1"]
        process.standardInput = input
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
        var rest = Data()
        func line() throws -> [String: Any] {
            // Each answer comes before the next line is written.
            while rest.firstIndex(of: 0x0A) == nil {
                let more = output.fileHandleForReading.availableData
                try #require(!more.isEmpty, "the command has ended")
                rest += more
            }
            let end = try #require(rest.firstIndex(of: 0x0A))
            defer { rest = Data(rest[(end + 1)...]) }
            return try #require(try JSONSerialization.jsonObject(with: rest[..<end]) as? [String: Any])
        }
        func ask(_ text: String) throws -> [String: Any] {
            try input.fileHandleForWriting.write(contentsOf: Data((text + "\n").utf8))
            return try line()
        }
        #expect(try ids(ask(#"{"id": 1, "vector": {"t": 1}}"#)) == ["e#3"])
        #expect(try ids(ask(#"{"id": 2, "vector": {"u": 1}}"#)) == ["a#0"])
        #expect((try ask(#"{"id": 3}"#)["error"] as? String)?.contains("line 3") == true)
        #expect(try ask(#"{"id": 4, "vector": {"t": 1, "u": -9}}"#)["id"] as? String == "4")
        try input.fileHandleForWriting.close()
        process.waitUntilExit()
        #expect(process.terminationStatus == 2)
    }

    @Test func `eval groups as search does`() throws {
        let queries = folder.path("q.jsonl")
        try Data(#"{"id": "q", "vector": {"t": 1}}"#.utf8).write(to: URL(fileURLWithPath: queries))
        let result = try Binary.run(
            "eval", store, "--queries", queries, "--group-by", "id:#", "--limit", "3", "--run", folder.path("run"),
            "--recall", "exact", "--json")
        #expect(result.status == 0, "\(result.errors)")
        let run = try folder.read("run").split(separator: "\n").map { $0.split(separator: " ")[2] }
        #expect(run == ["e#3", "d#3", "c#3"])
    }
}
