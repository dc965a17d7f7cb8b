import Foundation
import TestSupport
import Testing

/// What people type without thinking, and what they are told then.
@Suite struct HabitTests {
    @Test func `a negative number is an id, with options before or behind it`() throws {
        let folder = TemporaryFolder()
        let store = folder.path("s.sparse")
        let documents = try folder.write(
            "d.jsonl", #"{"id": "-5", "vector": {"x": 3}}"# + "\n" + #"{"id": "7", "vector": {"x": 1}}"#)
        try Binary.run("load", store, documents, "--quiet")
        #expect(try Binary.run("get", store, "-5").status == 0)
        #expect(try Binary.run("get", store, "-5", "--json").object()["id"] as? String == "-5")
        #expect(try Binary.run("remove", store, "-5", "7").status == 0)
        let missing = try Binary.run("get", store, "-5")
        #expect(missing.status == 2)
        #expect(missing.errors.contains("'-5'"))
    }

    @Test func `help of no command is wrong usage, and help of a command is not`() throws {
        let wrong = try Binary.run("help", "frobnicate")
        #expect(wrong.status == 1)
        #expect(wrong.errors.contains("'frobnicate'"))
        #expect(try Binary.run("help", "load").status == 0)
        #expect(try Binary.run("help").status == 0)
    }

    @Test(arguments: [
        (["lod", "s.sparse", "d.jsonl"], "there is no command 'lod'"),
        (["search", "s.sparse", "--recall", "2"], "'exact', 'fast', or a number above 0 and at most 1"),
        (["search", "s.sparse", "--weighting", "bm25"], "'none', 'idf' or 'table:FILE'"),
        (["search", "s.sparse", "--plain-seismic", "cut=0"], "'cut=8,heap=0.9'"),
        (["search", "s.sparse", "--list-cache", "much"], "'256MiB'"),
        (["search", "s.sparse", "--group-by", "id:"], "'id:#'"),
        (["build", "s.sparse", "--memory", "1"], "'64MiB' or more"),
        (["encode", "--encoder", "bm26:english"], "bm25:LANGUAGE"),
    ])
    func `a mistyped command or value is wrong usage, and the error says what is expected`(
        arguments: [String], expected: String
    ) throws {
        let result = try Binary.run(arguments)
        #expect(result.status == 1)
        #expect(result.errors.contains(expected), "\(result.errors)")
    }

    @Test func `two options cannot both read standard input`() throws {
        let result = try Binary.run("eval", "s.sparse", "--queries", "-", "--qrels", "-", input: Data())
        #expect(result.status == 1)
        #expect(result.errors.contains("--queries and --qrels"))
    }

    @Test func `a store in the place of the input is named as one`() throws {
        let folder = TemporaryFolder()
        let store = folder.path("s.sparse")
        let documents = try folder.write("d.jsonl", #"{"id": "7", "vector": {"x": 1}}"#)
        try Binary.run("load", store, documents, "--quiet")
        let result = try Binary.run("load", folder.path("other.sparse"), store)
        #expect(result.status == 2)
        #expect(result.errors.contains("'\(store)' is a store"), "\(result.errors)")
    }

    @Test func `an error names a path once`() throws {
        let folder = TemporaryFolder()
        let (store, other) = (folder.path("s.sparse"), folder.path("other.sparse"))
        let documents = try folder.write("d.jsonl", #"{"id": "7", "vector": {"x": 1}}"#)
        for path in [store, other] { try Binary.run("load", path, documents, "--quiet") }
        for arguments in [["backup", store, other], ["restore", store, other], ["repair", store, "--to", other]] {
            let result = try Binary.run(arguments)
            #expect(result.status == 2, "\(arguments)")
            #expect(result.errors.components(separatedBy: other).count == 2, "\(result.errors)")
        }
    }

    @Test func `a store that is not there is named`() throws {
        let folder = TemporaryFolder()
        let path = folder.path("nosuch.sparse")
        let result = try Binary.run("stats", path)
        #expect(result.status == 2)
        #expect(result.errors.contains(path))
    }

    @Test func `a term that is no number of the store is named, and its query`() throws {
        let folder = TemporaryFolder()
        let store = folder.path("n.sparse")
        var matrix = Data()
        for number in [1, 9, 1, 0, 1] as [Int64] {
            withUnsafeBytes(of: number.littleEndian) { matrix.append(contentsOf: $0) }
        }
        withUnsafeBytes(of: Int32(5).littleEndian) { matrix.append(contentsOf: $0) }
        withUnsafeBytes(of: Float(1).bitPattern.littleEndian) { matrix.append(contentsOf: $0) }
        try matrix.write(to: URL(fileURLWithPath: folder.path("n.csr")))
        try Binary.run("load", store, folder.path("n.csr"), "--quiet")
        #expect(try Binary.run("search", store, "--terms", #"{"5": 1}"#).status == 0)
        for term in ["05", "4294967296", "five"] {
            let result = try Binary.run("search", store, "--terms", #"{"5": 1, "\#(term)": 2}"#)
            #expect(result.status == 2)
            #expect(result.errors.contains("'\(term)'"))
        }
        let queries = try folder.write("q.jsonl", #"{"id": "q1", "vector": {"05": 1}}"#)
        #expect(try Binary.run("eval", store, "--queries", queries).errors.contains("'q1'"))
    }

    @Test func `a time limit ends a search of many queries, with a number of answers and exit code 6`() throws {
        let folder = TemporaryFolder()
        let store = folder.path("s.sparse")
        let documents = try folder.write("d.jsonl", #"{"id": "d", "vector": {"x": 3}}"#)
        try Binary.run("load", store, documents, "--quiet")
        let queries = try folder.write(
            "q.jsonl", (0..<1_000).map { #"{"id": "\#($0)", "vector": {"x": 1}}"# }.joined(separator: "\n"))
        let result = try Binary.run(
            "search", store, "--queries", queries, "--all", "--json", "--time-limit", "0.000000001")
        #expect(result.status == 6)
        #expect(result.errors.contains("of 1,000 queries"))
        #expect(try Binary.run("search", store, "--terms", #"{"x": 1}"#, "--time-limit", "1").status == 1)
    }
}
