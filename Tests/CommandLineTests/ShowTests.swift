import SparseInterchange
import Testing

@testable import SparseStoreTool

@Suite("What is shown, to people and to programs")
struct ShowTests {
    @Test
    func `JSON is escaped and keeps the order of its fields`() {
        let value = JSONValue.object([
            ("b", .string("a\"\\\n\t\u{1}\u{7F}\u{E9}\u{1F600}")),
            ("a", .array([.integer(-1), .number(1.5), .bool(true), .null])),
            ("c", .number(.nan)), ("d", .float(0.1)), ("e", .object([])),
        ])
        #expect(
            value.text
                == #"{"b": "a\"\\\n\t\u0001\u007f"# + "\u{E9}\u{1F600}"
                + #"", "a": [-1, 1.5, true, null], "c": null, "d": 0.1, "e": {}}"#)
    }

    @Test(arguments: [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg==")])
    func `base64`(text: String, encoded: String) {
        #expect(Base64.encode(Array(text.utf8)) == encoded)
    }

    @Test
    func `figures as people read them`() {
        #expect(Figures.count(0) == "0")
        #expect(Figures.count(999) == "999")
        #expect(Figures.count(1_234_567) == "1,234,567")
        #expect(Figures.count(-1_000) == "-1,000")
        #expect(Figures.decimal(1_234.5678, 2) == "1,234.57")
        #expect(Figures.decimal(0.05, 1) == "0.1")
        #expect(Figures.decimal(-0.001, 2) == "0.00")
        #expect(Figures.decimal(.infinity, 2) == "-")
        #expect(Figures.bytes(1_023) == "1023 bytes")
        #expect(Figures.bytes(1_536) == "1.5 KiB")
        #expect(Figures.bytes(3 << 40) == "3.0 TiB")
        #expect(Figures.clock(7) == "0:07")
        #expect(Figures.clock(3_723) == "1:02:03")
        #expect(Figures.clock(.infinity) == "-")
        #expect(Figures.rounded(1.23456, 2) == 1.23)
    }

    @Test
    func `text of documents cannot command a terminal`() {
        #expect(Printable.line(Array("a\u{1B}[31mb\u{7}\u{202E}c".utf8), limit: 100) == "a.[31mb..c")
        #expect(Printable.line(Array("  a \n\n b\t".utf8), limit: 100) == "a b")
        #expect(Printable.line(Array("abcdef".utf8), limit: 3) == "abc...")
        #expect(Printable.line([0xFF, 0x61], limit: 3) == "\u{FFFD}a")
        #expect(Printable.line([], limit: 3) == "")
        #expect(Printable.text(Array("a\n\u{1B}b".utf8)) == "a\n.b")
        #expect(Printable.wrap("aaa bbb ccc", width: 8, indent: " ") == " aaa bbb\n ccc")
    }

    @Test
    func `columns`() {
        var table = TextTable(rightAligned: [1], indent: "> ")
        table.add("a", "1")
        table.add("long", "234")
        #expect(table.text == "> a       1\n> long  234\n")
    }

    @Test
    func `percentiles are values at the nearest rank`() {
        let summary = LatencySummary(nanoseconds: (1...100).map { Int64($0) * 1_000 }.shuffled())
        #expect((summary.mean, summary.p50, summary.p99, summary.maximum) == (50.5, 50, 99, 100))
        let one = LatencySummary(nanoseconds: [2_000])
        #expect((one.mean, one.p50, one.p99, one.maximum) == (2, 2, 2, 2))
        let none = LatencySummary(nanoseconds: [])
        #expect((none.mean, none.p50, none.p99) == (0, 0, 0))
    }
}
