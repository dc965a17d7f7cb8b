import SparseStore
import Testing

/// The text form of filters, and the limits of both forms.
@Suite struct FilterParserTests {
    @Test(arguments: [
        ("tag:a", Filter.tag("a")),
        ("  id:7 ", .ids(["7"])),
        ("tag:a AND tag:b AND tag:c", .all([.tag("a"), .tag("b"), .tag("c")])),
        ("tag:a or tag:b and not id:c", .any([.tag("a"), .all([.tag("b"), .not(.ids(["c"]))])])),
        ("tag:a AND NOT (tag:b OR id:c)", .all([.tag("a"), .not(.any([.tag("b"), .ids(["c"])]))])),
        ("NOT NOT tag:a", .not(.not(.tag("a")))),
        ("((tag:a))", .tag("a")),
        ("NOT(tag:a)OR(TAG:b)", .any([.not(.tag("a")), .tag("b")])),
        (#"tag:"to do" AND id:"a \"b\" \\ (c)""#, .all([.tag("to do"), .ids([#"a "b" \ (c)"#])])),
        ("tag:tag:a", .tag("tag:a")),
        ("year >= 2020", .attribute("year") >= "2020"),
        ("year=2020", .attribute("year") == "2020"),
        ("year <> 2020 and year!=1", .all([.attribute("year") != "2020", .attribute("year") != "1"])),
        ("lang IN (de, \"en us\")", .attribute("lang").isIn(["de", "en us"])),
        ("lang NOT IN (de)", .not(.attribute("lang").isIn(["de"]))),
        ("price BETWEEN 1 AND 5 AND tag:a", .all([.attribute("price").between("1", "5"), .tag("a")])),
        ("EXISTS price OR price NOT EXISTS", .any([.attribute("price").exists, .not(.attribute("price").exists)])),
        ("day < 2024-01-31T10:00:00Z", .attribute("day") < "2024-01-31T10:00:00Z"),
        ("\"a name\" = \"\"", .attribute("a name") == ""),
        ("lang = and", .attribute("lang") == "and"),
        ("term:swift AND id:a/* AND id:\"a*\"", .all([.term("swift"), .idPrefix("a/"), .ids(["a*"])])),
        ("tag:and AND id:not", .all([.tag("and"), .ids(["not"])])),
        ("tag:caf\u{e9}\ttag:b".replacing("\t", with: "\n OR\t"), .any([.tag("caf\u{e9}"), .tag("b")])),
    ])
    func `a text means what it says`(text: String, filter: Filter) throws {
        #expect(try Filter.parse(text) == filter)
    }

    @Test(arguments: [
        ("", 1), ("   ", 4), ("tag:", 5), ("tag: a", 5), ("a", 2), ("tag", 4), ("AND", 1), ("tag:a AND", 10),
        ("tag:a tag:b", 7), ("(tag:a", 7), ("tag:a)", 6), ("()", 2), ("NOT", 4), ("tag:a ANDtag:b", 7),
        ("tag:a & tag:b", 7), (#"tag:"a"#, 5), (#"tag:"""#, 5), (#"tag:"a\n""#, 7), (#"tag:a"b""#, 6),
        ("tag:a OR OR tag:b", 10), ("tag:a AND (tag:b OR)", 20), ("not:a", 1), ("label:a", 1), ("tag:(a)", 5),
        ("caf\u{e9}:a", 1), ("year >", 7), ("year => 3", 6), ("year ! 3", 6), ("year IN de", 9), ("year IN (a b)", 12),
        ("year IN ()", 10), ("year BETWEEN 1 OR 2", 16), ("year = 1 2", 10), ("EXISTS", 7), ("x NOT 3", 7),
    ])
    func `an error names the place`(text: String, position: Int) throws {
        let error = #expect(throws: SparseStoreError.self) { try Filter.parse(text) }
        #expect(error?.code == .invalidArgument)
        #expect(error?.message.contains("at character \(position):") == true, "\(error?.message ?? "")")
    }

    @Test func `nesting is held to its limit on both sides`() throws {
        func nested(_ depth: Int) -> String {
            String(repeating: "(", count: depth) + "tag:a" + String(repeating: ")", count: depth)
        }
        #expect(try Filter.parse(nested(Limits.maximumFilterDepth)) == .tag("a"))
        #expect(code { try Filter.parse(nested(Limits.maximumFilterDepth + 1)) } == .limitExceeded)
        #expect(code { try Filter.parse(nested(1_000_000)) } == .limitExceeded)
        let negations = String(repeating: "NOT ", count: Limits.maximumFilterDepth - 1) + "tag:a"
        #expect(code { try Filter.parse(negations) } == nil)
        #expect(code { try Filter.parse("NOT " + negations) } == .limitExceeded)
        #expect(code { try Filter.parse(String(repeating: "NOT ", count: 1_000_000)) } == .limitExceeded)
    }

    @Test func `parts and identifiers are held to their limits on both sides`() throws {
        let temporary = try TemporaryStore()
        let store = try temporary.open()
        try store.write { try $0.upsert(Document(id: "d", terms: ["t": 1], tags: ["x"])) }
        func search(_ filter: Filter) throws -> SearchResult {
            var options = SearchOptions()
            options.filter = filter
            return try store.search(["t": 1], options: options)
        }
        func tags(_ count: Int) -> Filter { .any((0..<count).map { .tag("x\($0)") }) }
        #expect(code { try search(tags(Limits.maximumFilterParts - 1)) } == nil)
        #expect(code { try search(tags(Limits.maximumFilterParts)) } == .limitExceeded)
        let text = (0..<Limits.maximumFilterParts).map { "tag:x\($0)" }.joined(separator: " OR ")
        #expect(code { try Filter.parse(text) } == .limitExceeded)
        #expect(code { try Filter.parse(text + " OR tag:x OR )") } == .limitExceeded)
        var filter = Filter.tag("x")
        for _ in 1..<Limits.maximumFilterDepth { filter = !filter }
        #expect(code { try search(filter) } == nil)
        #expect(code { try search(!filter) } == .limitExceeded)
        let ids = (0..<Limits.maximumFilterIdentifiers).map { "id\($0)" }
        #expect(code { try search(.ids(ids)) } == nil)
        #expect(code { try search(.ids(ids + ["d"])) } == .limitExceeded)
        #expect(code { try search(.any([.ids(ids), .ids(["d"])])) } == .limitExceeded)
        let longest = String(repeating: "x", count: Limits.maximumTagBytes)
        #expect(code { try search(.tag(longest)) } == nil)
        #expect(code { try search(.tag(longest + "x")) } == .invalidArgument)
        #expect(code { try search(.tag("")) } == .invalidArgument)
        #expect(code { try Filter.parse("tag:" + longest + "x") } == .invalidArgument)
    }

    private func code(_ body: () throws -> some Any) -> SparseStoreError.Code? {
        do {
            _ = try body()
            return nil
        } catch { return (error as? SparseStoreError)?.code }
    }
}
