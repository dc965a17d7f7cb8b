import Foundation
import Measure
import SparseStore

/// Measures the time from the return of `write` until a search finds the document, in the same process and in another.
///
///     visible FOLDER --documents docs.csr [--already 20000] [--commits 1000]
///
/// Each commit adds one document with its own term, and one search looks for that term. The search is alternately in
/// this process and in a second one that has the store open and is notified through a pipe. The time is from the return
/// of `write` to the answer, so for the other process it includes the round trip through the pipe, which is also
/// measured alone. Documents that the first search does not find are counted.
@main
struct Main {
    private static let firstTerm: TermID = 10_000_000

    static func main() throws {
        var arguments = Arguments()
        if let path = try arguments.text("reader") { return try answer(path) }
        guard let documentPath = try arguments.text("documents") else { throw Failure("--documents names a CSR file") }
        let documents = try CSRFile(path: documentPath)
        let already = min(documents.rows, try arguments.count("already", 20_000))
        let commits = max(2, try arguments.count("commits", 1_000))
        guard arguments.rest.count == 1 else { throw Failure("pass one folder to work in") }
        let folder = arguments.rest[0] + "/visible-\(ProcessInfo.processInfo.processIdentifier)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }

        let path = folder + "/store.sparse"
        let store = try Store.open(at: path)
        defer { store.close() }
        for first in stride(from: 0, to: already, by: 10_000) {
            try store.write { transaction in
                for row in first..<min(already, first + 10_000) {
                    try transaction.upsert(Document(id: "\(row)", vector: try documents.vector(row)))
                }
            }
        }
        try store.optimize()

        let reader = try Reader(path)
        var (here, there, pipe): ([Double], [Double], [Double]) = ([], [], [])
        var missed = 0
        for number in 0..<commits {
            let term = firstTerm + TermID(number)
            let vector = try documents.vector(number % documents.rows)
            let marked = try SparseVector(terms: vector.terms + [term], weights: vector.weights + [1])
            try store.write { try $0.upsert(Document(id: "marked-\(number)", vector: marked)) }
            var isFound = false
            let time = try seconds {
                isFound = try number.isMultiple(of: 2) ? find(store, term) : reader.ask("\(term)") == "found"
            }
            if number.isMultiple(of: 2) { here.append(time) } else { there.append(time) }
            if !isFound { missed += 1 }
            pipe.append(try seconds { _ = try reader.ask("") })
        }
        reader.end()
        print(
            """
            \(already) documents, then \(commits) commits of one document; \(missed) were not found by the first search.

            | microseconds from `write` to found | p50 | p99 | most |
            |---|---|---|---|
            \(row("the same process", here))
            \(row("another process, notified through a pipe", there))
            \(row("the pipe alone, round trip", pipe))
            """)
        guard missed == 0 else { throw Failure("a committed document was not found") }
    }

    private static func row(_ name: String, _ times: [Double]) -> String {
        let figures = [percentile(times, 0.5), percentile(times, 0.99), times.max() ?? 0].map { decimal($0 * 1e6) }
        return "| \(name) | \(figures.joined(separator: " | ")) |"
    }

    private static func find(_ store: Store, _ term: TermID) throws -> Bool {
        let query = Query(vector: try SparseVector(terms: [term], weights: [1]))
        return try !store.search(query, limit: 1).hits.isEmpty
    }

    /// The other process. It searches for the term in each line, and only answers an empty line.
    private static func answer(_ path: String) throws {
        var configuration = Configuration()
        configuration.isReadOnly = true
        let store = try Store.open(at: path, configuration: configuration)
        defer { store.close() }
        while let line = readLine() {
            let reply = try TermID(line).map { try find(store, $0) ? "found" : "missed" } ?? "here"
            FileHandle.standardOutput.write(Data((reply + "\n").utf8))
        }
    }
}

/// A second process with the store open.
private final class Reader {
    private let process = Process()
    private let questions = Pipe()
    private let answers = Pipe()

    init(_ path: String) throws {
        process.executableURL = URL(fileURLWithPath: CommandLine.arguments[0])
        process.arguments = ["--reader", path]
        process.standardInput = questions
        process.standardOutput = answers
        try process.run()
        _ = try ask("")
    }

    func ask(_ line: String) throws -> String {
        try questions.fileHandleForWriting.write(contentsOf: Data((line + "\n").utf8))
        let answer = answers.fileHandleForReading.availableData
        guard !answer.isEmpty else { throw Failure("the other process has ended") }
        return String(decoding: answer, as: UTF8.self).trimmingCharacters(in: .newlines)
    }

    func end() {
        try? questions.fileHandleForWriting.close()
        process.waitUntilExit()
    }
}
