import Foundation
import SparseInterchange
import SparseStore
import TestSupport
import Testing

@testable import SparseStoreTool

@Suite("The parts of loading")
struct LoadTests {
    @Test
    func `a bookmark survives its encoding, and rubbish is none`() throws {
        var bookmark = LoadBookmark(format: "jsonl", size: 7)
        (bookmark.offset, bookmark.number, bookmark.accepted, bookmark.rejected, bookmark.rejectBytes) = (1, 2, 3, 4, 5)
        #expect(LoadBookmark.decode(try bookmark.encoded()) == bookmark)
        #expect(LoadBookmark.decode(Array("{}".utf8)) == nil)
        #expect(LoadBookmark.decode([]) == nil)
    }

    @Test
    func `bookmarks are named by absolute paths of bounded length`() throws {
        #expect(LoadBookmark.name(forInput: "-") == "load:-")
        let folder = TemporaryFolder()
        let path = try folder.write("in", "")
        #expect(LoadBookmark.name(forInput: path).hasSuffix("/in"))
        #expect(LoadBookmark.name(forInput: path).hasPrefix("load:/"))
        let long = "/" + String(repeating: "\u{E9}", count: 500)
        let names = [long + "a", long + "b", "/c" + long + "a"].map(LoadBookmark.name(forInput:))
        #expect(Set(names).count == 3)
        #expect(names.allSatisfy { $0.utf8.count <= 200 })
    }

    @Test
    func `rejects of an attempt that was not committed are written over`() throws {
        let folder = TemporaryFolder()
        let path = folder.path("r.tsv")
        func reject(_ number: Int) -> Reject { Reject(number: number, reason: "why\tnot\nso") }
        let file = try Self.rejectFile(path, keeping: 0)
        #expect(try file.stage([reject(1), reject(2)]) == 26)
        #expect(try file.stage([reject(1)]) == 13)
        file.commit()
        #expect(try file.stage([reject(9)]) == 26)
        #expect(try folder.read("r.tsv") == "1\twhy not so\n9\twhy not so\n")
        // Killed here: the next load keeps what was committed.
        let next = try Self.rejectFile(path, keeping: 13)
        #expect(try folder.read("r.tsv") == "1\twhy not so\n")
        #expect(try next.stage([]) == 13)
        #expect(try Self.rejectFile(folder.path("other"), keeping: 13).committedBytes == 0)
        #expect(try Self.rejectFile(path, keeping: 0).committedBytes == 0)
        #expect(try folder.read("r.tsv").isEmpty)
    }

    @Test
    func `a file of rejects that the last load did not write to is kept whole`() throws {
        let folder = TemporaryFolder()
        let path = try folder.write("r.tsv", "1\tx\n2\ty\n")
        var bookmark = LoadBookmark(format: "jsonl")
        bookmark.rejectBytes = 4
        #expect(try Self.rejectFile(path, keeping: bookmark.rejectBytesToKeep(path)).committedBytes == 8)
        bookmark.rejectFile = OutputPath.absolute(path)
        #expect(try Self.rejectFile(path, keeping: bookmark.rejectBytesToKeep(path)).committedBytes == 4)
    }

    @Test
    func `batches are bounded by documents and by bytes`() throws {
        func sizes(_ text: String, batch: Int, bytes: Int = MemoryOption.standard.batchBytes) throws -> [Int] {
            let reader = try JSONLinesReader(source: try ByteSource(bytes: Array(text.utf8)))
            let queue = BatchQueue(BatchLimits(documents: batch, bytes: bytes))
            nonisolated(unsafe) let producer = BatchProducer(reader: reader)
            let thread = try WorkerThread { producer.run(into: queue) }
            defer { thread.join() }
            var sizes: [Int] = []
            while case .batch(let batch)? = queue.take(interrupted: { false }) {
                sizes.append(batch.documents.count + batch.rejects.count)
            }
            return sizes
        }
        #expect(try sizes(Inputs.lines(25), batch: 10) == [10, 10, 5])
        #expect(try sizes(Inputs.lines(20), batch: 10) == [10, 10])
        #expect(try sizes("", batch: 10).isEmpty)
        #expect(try sizes(String(repeating: "x\n", count: 25), batch: 10) == [10, 10, 5])
        let large = (0..<5).map {
            "{\"id\": \($0), \"content\": \"\(String(repeating: "x", count: 9 << 20))\", \"vector\": {\"a\": 1}}\n"
        }
        #expect(try sizes(large.joined(), batch: 10) == [4, 1])
        let little = try #require(MemoryOption(argument: "64MiB")).batchBytes
        #expect(try sizes(large.joined(), batch: 10, bytes: little) == [1, 1, 1, 1, 1])
    }

    @Test
    func `the progress on a terminal and in a log`() {
        let progress = LoadProgress(accepted: 1_234_567, rejected: 3, fraction: 0.456, seconds: 100)
        let bar = ProgressReporter.bar(progress, remaining: 75)
        #expect(bar == "[#########...........]  45 %  1,234,567 documents  12,345/s  3 rejected  1:15 l")
        #expect(bar.count <= 79)
        #expect(
            ProgressReporter.line(progress)
                == "loaded 1,234,567 documents, 3 rejected, 45 % of the input, 12,345 documents/s")
        let unknown = LoadProgress(accepted: 5, rejected: 0, fraction: nil, seconds: 1)
        #expect(ProgressReporter.bar(unknown, remaining: nil) == "5 documents  5/s")
    }

    @Test
    func `reports come at their time, and notes do not run into the bar`() {
        final class Sink { var text = "" }
        let sink = Sink()
        func at(_ seconds: Double) -> LoadProgress {
            LoadProgress(accepted: 10, rejected: 0, fraction: 0.5, seconds: seconds)
        }
        let terminal = ProgressReporter(isTerminal: true) { sink.text += $0 }
        terminal.update(at(0.05))
        #expect(sink.text.isEmpty)
        terminal.update(at(0.2))
        #expect(sink.text.hasPrefix("\r\u{1B}[K["))
        terminal.note("note")
        #expect(sink.text.hasSuffix("\r\u{1B}[Knote\n"))
        sink.text = ""
        let plain = ProgressReporter(isTerminal: false) { sink.text += $0 }
        plain.update(at(1))
        plain.update(at(5.5))
        plain.update(at(6))
        plain.clear()
        #expect(sink.text.split(separator: "\n").count == 1)
        sink.text = ""
        let quiet = ProgressReporter(isQuiet: true, isTerminal: true) { sink.text += $0 }
        quiet.update(at(100))
        #expect(sink.text.isEmpty)
    }

    /// A reader whose rows are numbers.
    private final class Numbers: DocumentReader {
        let format = InputFormat.jsonl
        var position = InputPosition()
        let progress: Double? = nil
        let inputSize: UInt64? = nil

        func next() throws(InterchangeError) -> DocumentRow? {
            position.number += 1
            return .document(Document(id: "\(position.number)", terms: ["x": 1]), number: position.number)
        }
    }

    @Test
    func `an interruption takes all that was read, in order, and then the reading thread ends`() throws {
        let queue = BatchQueue(BatchLimits(documents: 10, bytes: .max))
        let numbers = Numbers()
        // Fifteen rows: a batch that is complete, and one that waits for more which do not come.
        for _ in 0..<15 { #expect(queue.add(try #require(try numbers.next()), from: numbers)) }
        var taken: [Int] = []
        while case .batch(let batch)? = queue.take(interrupted: { true }) {
            taken += batch.documents.map(\.number)
            #expect(batch.position.number == taken.last)
        }
        #expect(taken == Array(1...15))
        #expect(!queue.add(try #require(try numbers.next()), from: numbers))

        let unheard = BatchQueue(BatchLimits(documents: 1, bytes: .max))
        nonisolated(unsafe) let producer = BatchProducer(reader: Numbers())
        let thread = try WorkerThread { producer.run(into: unheard) }
        _ = unheard.take(interrupted: { false })
        unheard.cancel()
        thread.join()
    }

    @Test
    func `a batch that is old enough is taken as it is`() throws {
        let queue = BatchQueue(BatchLimits(documents: 10, bytes: .max, age: .milliseconds(50)))
        let numbers = Numbers()
        for _ in 0..<3 { #expect(queue.add(try #require(try numbers.next()), from: numbers)) }
        guard case .batch(let batch)? = queue.take(interrupted: { false }) else {
            Issue.record("no batch")
            return
        }
        #expect(batch.documents.map(\.number) == [1, 2, 3])
        #expect(batch.position.number == 3)
    }

    @Test
    func `a document that the store refuses is a reject, and the others of its batch are written`() throws {
        let folder = TemporaryFolder()
        let store = try Store.open(at: folder.path("s.sparse"))
        defer { store.close() }
        let loader = Loader(
            store: store, bookmark: LoadBookmark(format: "jsonl"), bookmarkName: "load:test",
            rejectFile: try Self.rejectFile(folder.path("r.tsv"), keeping: 0),
            reporter: ProgressReporter(isQuiet: true) { _ in })
        var batch = LoadBatch()
        batch.documents = [
            (1, Document(id: "a", terms: ["x": 1])), (2, Document(id: "", terms: ["x": 1])),
            (4, Document(id: "b", terms: ["x": 2])),
        ]
        batch.rejects = [Reject(number: 3, reason: "said so")]
        batch.position = InputPosition(offset: 44, number: 4)
        try loader.write(batch)
        let summary = try loader.finish()
        #expect((summary.accepted, summary.rejected, summary.storeDocuments) == (2, 2, 2))
        #expect(try folder.read("r.tsv").split(separator: "\n").map { $0.prefix(2) } == ["2\t", "3\t"])
        let bytes = try #require(try store.read { try $0.bookmark("load:test") })
        let bookmark = try #require(LoadBookmark.decode(bytes))
        #expect((bookmark.offset, bookmark.number, bookmark.accepted, bookmark.rejected) == (44, 4, 2, 2))
    }

    @Test
    func `an interrupted build says so, at whichever step, and the next one finishes it`() throws {
        let folder = TemporaryFolder()
        let store = try Store.open(at: folder.path("s.sparse"))
        defer { store.close() }
        for part in 0..<4 {
            try store.write { transaction in
                for number in 0..<50 {
                    let terms = ["all": 1, "t\(number % 7)": Float(number + 1)]
                    try transaction.upsert(Document(id: "\(part)-\(number)", terms: terms))
                }
            }
        }
        var polls = 0
        func isFinished(after allowed: Int) throws -> Bool {
            polls = 0
            let build = IndexBuild(blocks: .always, isQuiet: true) {
                polls += 1
                return polls > allowed
            }
            return try build.run(on: store)
        }
        #expect(try !isFinished(after: 0))
        #expect(try !isFinished(after: 1))
        #expect(try store.statistics().blocks == nil)
        #expect(try isFinished(after: .max))
        let last = polls
        #expect(try !isFinished(after: last - 1))
        #expect(try store.statistics().blocks != nil)
        #expect(try store.verify(.deep).isClean)
    }

    private static func rejectFile(_ path: String, keeping bytes: UInt64) throws -> RejectFile {
        let file = try RejectFile(path: path)
        try file.keep(first: bytes)
        return file
    }
}
