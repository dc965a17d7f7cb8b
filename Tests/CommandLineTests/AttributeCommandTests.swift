import Foundation
import TestSupport
import Testing

/// Attributes on the command line, called as others call it.
@Suite struct AttributeCommandTests {
    private let folder: TemporaryFolder
    private let store: String

    init() throws {
        folder = TemporaryFolder()
        store = folder.path("s.sparse")
        let lines = (0..<30).map { number in
            """
            {"id": "p\(number / 3)#\(number % 3)", "vector": {"swift": \(number + 1), "taylor": \(number % 4)}, \
            "content": "text \(number)", "tags": \(number % 5 == 0 ? #"["draft", "old"]"# : #"["old"]"#), \
            "attributes": {"year": \(2_000 + number), "price": \(Double(number) / 4), "open": \(number % 2 == 0), \
            "lang": "\(["de", "en", "fr"][number % 3])", "topics": ["a", "t\(number % 2)"], "parent": "p\(number / 3)", \
            "day": "2024-01-\(number % 28 + 1 < 10 ? "0" : "")\(number % 28 + 1)"}}
            """
        }
        let loaded = try Binary.run(
            "load", store, "-", "--dates", "day,updated", input: Data(lines.joined(separator: "\n").utf8))
        #expect(loaded.status == 0, "\(loaded.errors)")
    }

    private func search(_ arguments: String...) throws -> [[String: Any]] {
        let answer = try Binary.run(["search", store, "--json", "--recall", "exact"] + arguments).object()
        return try #require(answer["hits"] as? [[String: Any]])
    }

    private func count(_ filter: String) throws -> Int? {
        try Binary.run("count", store, "--where", filter, "--json").object()["count"] as? Int
    }

    @Test func `a filter knows attributes, tags and terms`() throws {
        let filter = "year >= 2005 AND lang IN (de, en) AND NOT tag:draft AND term:taylor AND price BETWEEN 1 AND 5"
        let expected = (5...20).filter { number in
            let isDraft = number % 5 == 0
            let isFrench = number % 3 == 2
            return !isDraft && !isFrench && number % 4 != 0
        }
        let ids = expected.reversed().map { "p\($0 / 3)#\($0 % 3)" }
        let hits = try search("--terms", #"{"swift": 1}"#, "--filter", filter, "--limit", "30")
        #expect(hits.compactMap { $0["id"] as? String } == ids)
        #expect(try count(filter) == expected.count)
        #expect(try count("day >= 2024-01-10 AND day < 2024-01-12T00:00:00Z") == 2)
        #expect(try count("topics = t1") == 15)
        #expect(try Binary.run("count", store, "--json").object()["count"] as? Int == 30)
        #expect(try Binary.run("count", store).output == "30\n")
    }

    @Test func `hits bring attributes with their types`() throws {
        let hit = try #require(
            try search("--terms", #"{"swift": 1}"#, "--limit", "1", "--fields", "payload,tags,attributes,vector").first)
        let attributes = try #require(hit["attributes"] as? [String: Any])
        #expect(attributes["year"] as? Int == 2_029)
        #expect(attributes["price"] as? Double == 7.25)
        #expect(attributes["open"] as? Bool == false)
        #expect(attributes["lang"] as? String == "fr")
        #expect(attributes["topics"] as? [String] == ["a", "t1"])
        #expect(attributes["day"] as? String == "2024-01-02T00:00:00Z")
        #expect(hit["payload"] as? String == "text 29")
        #expect(hit["vector"] as? [String: Double] == ["swift": 30, "taylor": 1])
    }

    @Test func `documents are grouped by an attribute, with signed weights`() throws {
        let hits = try search(
            "--terms", #"{"swift": 2, "taylor": -1}"#, "--group-by", "parent", "--group-size", "2", "--limit", "2")
        #expect(hits.compactMap { $0["id"] as? String } == ["p9#2", "p9#1", "p8#2", "p8#1"])
        #expect(hits.compactMap { $0["group"] as? String } == ["p9", "p9", "p8", "p8"])
        let years = try search("--terms", #"{"swift": 1}"#, "--group-by", "year", "--limit", "1")
        #expect(years.first?["group"] as? Int == 2_029)
        let refused = try Binary.run("search", store, "--terms", #"{"swift": 1}"#, "--group-by", "topics")
        #expect(refused.status == 2)
        #expect(refused.errors.contains("list of strings"))
    }

    @Test func `an update changes tags and attributes and nothing else`() throws {
        let before = try Binary.run("get", store, "p1#0", "--json").object()
        #expect(
            try Binary.run("update", store, "p1#0", "--tags", "a,b", "--set", "year=2025", "--unset", "price").status
                == 0)
        let after = try Binary.run("get", store, "p1#0", "--json").object()
        #expect(after["tags"] as? [String] == ["a", "b"])
        let attributes = try #require(after["attributes"] as? [String: Any])
        #expect(attributes["year"] as? Int == 2_025)
        #expect(attributes["price"] == nil)
        #expect(attributes["lang"] as? String == "de")
        #expect(after["vector"] as? [String: Double] == before["vector"] as? [String: Double])
        #expect(try Binary.run("update", store, "nobody", "--tags", "a").status == 2)
        let refused = try Binary.run("update", store, "p1#0", "--set", "year=abc")
        #expect(refused.status == 2)
        #expect(refused.errors.contains("integer"))
        #expect(try Binary.run("update", store, "p1#0").status == 1)
    }

    @Test func `removing by filter can be tried first`() throws {
        let dry = try Binary.run("remove", store, "--where", "year < 2010", "--dry-run", "--json").object()
        #expect(dry["would_remove"] as? Int == 10)
        #expect(try count("year < 2010") == 10)
        let removed = try Binary.run("remove", store, "--where", "year < 2010", "--json").object()
        #expect(removed["removed_count"] as? Int == 10)
        #expect(try Binary.run("count", store).output == "20\n")
    }

    @Test func `facets count values, the most frequent first and then by value`() throws {
        func facets(_ arguments: String...) throws -> [[String: Any]] {
            let answer = try Binary.run(["facets", store] + arguments + ["--json"]).object()
            #expect(Array(answer.keys) == [arguments[0]])
            return try #require(answer[arguments[0]] as? [[String: Any]])
        }
        let langs = try facets("lang", "--where", "year > 2000")
        #expect(langs.compactMap { $0["value"] as? String } == ["en", "fr", "de"])
        #expect(langs.compactMap { $0["count"] as? Int } == [10, 10, 9])
        #expect(try facets("topics", "--limit", "1").first?["value"] as? String == "a")
        #expect(try facets("open").compactMap { $0["value"] as? Bool } == [false, true])
        let unknown = try Binary.run("facets", store, "lnag")
        #expect(unknown.status == 2)
        #expect(unknown.errors.contains("did you mean 'lang'"))
    }

    @Test func `a list goes page by page in the order of an attribute`() throws {
        var ids: [String] = []
        var cursor: String?
        repeat {
            let page = try Binary.run(
                [
                    "list", store, "--where", "lang != fr", "--order-by", "price", "--descending", "--limit", "7",
                    "--json",
                ]
                    + (cursor.map { ["--after", $0] } ?? [])
            ).object()
            let documents = try #require(page["documents"] as? [[String: Any]])
            ids += documents.compactMap { $0["id"] as? String }
            cursor = page["cursor"] as? String
        } while cursor != nil
        let numbers = (0..<30).reversed().filter { $0 % 3 != 2 }
        #expect(ids == numbers.map { "p\($0 / 3)#\($0 % 3)" })
        #expect(try Binary.run("list", store, "--order-by", "topics").status == 2)
        #expect(try Binary.run("list", store, "--after", "0102").status == 2)
    }

    @Test func `boosts, diversity and a last minimum score are stages`() throws {
        let boosted = try search(
            "--terms", #"{"swift": 1}"#, "--boost", "filter:100:year = 2003", "--boost",
            "decay:day,from=2024-01-04,scale=1d", "--limit", "1")
        #expect(boosted.first?["id"] as? String == "p1#0")
        let least = try search(
            "--terms", #"{"swift": 1}"#, "--boost", "value:price,times=0", "--boost-by", "sum", "--minimum-last-score",
            "28", "--limit", "30")
        #expect(least.count == 3)
        #expect(
            try search("--terms", #"{"swift": 1}"#, "--diversity", "1", "--limit", "1").first?["id"] as? String
                == "p9#2")
        for boost in [
            "decay:day", "decay:day,from=x,scale=1d", "value:", "filter:x:tag:a", "other:1", "value:price,by=ln",
        ] {
            #expect(
                try Binary.run("search", store, "--terms", #"{"swift": 1}"#, "--boost", boost).status == 1, "\(boost)")
        }
    }

    @Test func `queries by number may have weights below zero`() throws {
        let numbers = folder.path("n.sparse")
        let documents =
            #"{"id": "a", "vector": {"indices": [1, 2], "values": [3, 1]}}"# + "\n"
            + #"{"id": "b", "vector": {"indices": [1], "values": [2.5]}}"#
        #expect(try Binary.run("load", numbers, "-", input: Data(documents.utf8)).status == 0)
        let query = folder.path("q.jsonl")
        try Data(#"{"id": "q", "vector": {"indices": [2, 1], "values": [-1, 1]}}"#.utf8)
            .write(to: URL(fileURLWithPath: query))
        let answer = try Binary.run("search", numbers, "--queries", query, "--json").object()
        let hits = try #require(answer["hits"] as? [[String: Any]])
        #expect(hits.compactMap { $0["id"] as? String } == ["b", "a"])
        #expect(hits.compactMap { $0["score"] as? Double } == [2.5, 2])
        let refused = #"{"id": "c", "vector": {"indices": [1], "values": [-1]}}"#
        #expect(try Binary.run("load", numbers, "-", input: Data(refused.utf8)).status == 2)
    }

    @Test func `eval filters and groups by attributes`() throws {
        let queries = folder.path("q.jsonl")
        try Data(#"{"id": "q", "vector": {"swift": 1}}"#.utf8).write(to: URL(fileURLWithPath: queries))
        let result = try Binary.run(
            "eval", store, "--queries", queries, "--group-by", "parent", "--filter", "open = true", "--limit", "3",
            "--run",
            folder.path("run"), "--recall", "exact", "--json")
        #expect(result.status == 0, "\(result.errors)")
        let run = try folder.read("run").split(separator: "\n").map { $0.split(separator: " ")[2] }
        #expect(run == ["p9#1", "p8#2", "p7#1"])
    }
}
