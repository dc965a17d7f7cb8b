import Foundation
import Platform
import Synchronization
import TestSupport
import Testing

#if canImport(FoundationXML)
    import FoundationXML
#endif

@testable import SparseStoreTool

/// Pictures that commands draw, and the line that shows how they go.
@Suite(.timeLimit(.minutes(10))) struct PictureTests {
    /// The elements of an SVG file, and its texts.
    private final class Reader: NSObject, XMLParserDelegate {
        private(set) var elements: [String: Int] = [:]
        private(set) var titles: [String] = []
        private var text = ""

        init?(_ svg: String) {
            super.init()
            let parser = XMLParser(data: Data(svg.utf8))
            parser.delegate = self
            guard parser.parse() else { return nil }
        }

        func parser(
            _ parser: XMLParser, didStartElement name: String, namespaceURI: String?, qualifiedName: String?,
            attributes: [String: String]
        ) {
            elements[name, default: 0] += 1
            text = ""
        }

        func parser(_ parser: XMLParser, foundCharacters characters: String) { text += characters }

        func parser(_ parser: XMLParser, didEndElement name: String, namespaceURI: String?, qualifiedName: String?) {
            if name == "title" || name == "text" { titles.append(text) }
        }
    }

    private let folder: TemporaryFolder
    private let store: String
    private let queries: String

    init() throws {
        folder = TemporaryFolder()
        store = folder.path("s.sparse")
        let lines = (0..<30).map { number in
            #"{"id": "d\#(number)<&>", "content": "x", "vector": {"a": \#(number + 1), "b<\"&": 2, "c": 1}}"#
        }
        queries = try folder.write(
            "queries.jsonl",
            #"{"id": "q1", "vector": {"a": 1, "c": 2}}"# + "\n" + #"{"id": "q2", "vector": {"c": 1}}"#)
        let loaded = try Binary.run("load", store, "-", input: Data(lines.joined(separator: "\n").utf8))
        #expect(loaded.status == 0, "\(loaded.errors)")
    }

    @Test func `an explanation has a bar for each term of each hit`() throws {
        let picture = folder.path("why.svg")
        let result = try Binary.run(
            "search", store, "--terms", #"{"a": 1, "b<\"&": 0.5, "c": -0.25}"#, "--limit", "3", "--recall", "exact",
            "--svg", picture)
        #expect(result.status == 0, "\(result.errors)")
        #expect(result.output.contains("terms: a 30.00"))
        let drawn = try #require(Reader(folder.read("why.svg")))
        // Three hits of three terms, three of the legend, and the background.
        #expect(drawn.elements["rect"] == 13)
        #expect(drawn.titles.contains("d29<&>"))
        #expect(drawn.titles.contains("b<\"&: 0.5 x 2.0 = 1.0"))
        #expect(drawn.titles.contains("c: -0.25 x 1.0 = -0.25"))
    }

    @Test func `recall is drawn against latency at seven targets`() throws {
        let picture = folder.path("recall.svg")
        let result = try Binary.run("eval", store, "--queries", queries, "--limit", "5", "--plot", picture, "--json")
        #expect(result.status == 0, "\(result.errors)")
        let drawn = try #require(Reader(folder.read("recall.svg")))
        #expect(drawn.elements["circle"] == 14)
        #expect(drawn.elements["polyline"] == 2)
        #expect(drawn.titles.contains { $0.hasPrefix("requested exact: recall 1.0000, mean ") })
    }

    @Test(arguments: [["search", "--svg"], ["eval", "--plot"]])
    func `a picture does not write over the store`(command: [String]) throws {
        let before = try Data(contentsOf: URL(fileURLWithPath: store))
        let result = try Binary.run([command[0], store, "--queries", queries, command[1], store])
        #expect(result.status == 1, "\(result.status)")
        #expect(result.errors.contains("would overwrite the store"))
        #expect(try Data(contentsOf: URL(fileURLWithPath: store)) == before)
    }

    @Test func `a line is drawn over on a terminal, and only after a second`() async throws {
        let written = Mutex("")
        let line = ProgressLine(isTerminal: true) { text in written.withLock { $0 += text } }
        line.update("early", fraction: 0.5)
        #expect(written.withLock(\.self).isEmpty)
        try await Task.sleep(for: .milliseconds(1_050))
        line.update("halfway", fraction: 0.5)
        line.clear()
        let text = written.withLock(\.self)
        #expect(text.contains("[##########..........]  50 %  halfway"))
        #expect(text.hasSuffix("\r\u{1B}[K"))
        #expect(!text.contains("early"))
    }

    @Test func `elsewhere nothing is drawn over`() {
        let written = Mutex("")
        let line = ProgressLine(isTerminal: false) { text in written.withLock { $0 += text } }
        line.update("soon")
        line.clear()
        #expect(written.withLock(\.self).isEmpty)
    }
}
