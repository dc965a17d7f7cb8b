import Foundation
import SparseFormat
import SystemPackage
import Testing

@testable import SparseStore

/// What an error says to a program and to a person.
@Suite struct ErrorTests {
    private func failure(_ body: (inout WriteTransaction) throws -> Void) throws -> SparseStoreError {
        let temporary = try TemporaryStore()
        let store = try temporary.openNumbered()
        return try #require(throws: SparseStoreError.self) { try store.write(body) }
    }

    @Test func `a message is a problem and a remedy`() {
        let error = SparseStoreError(.invalidArgument, problem: "the document 'a; b' is odd", remedy: "leave it out")
        #expect(error.problem == "the document 'a; b' is odd")
        #expect(error.remedy == "leave it out")
        #expect(error.message == "the document 'a; b' is odd; leave it out")
    }

    @Test func `an error without a remedy of its own has that of its kind`() {
        let error = SparseStoreError(.diskFull, problem: "there is no room")
        #expect(error.message == "there is no room")
        #expect(error.remedy == "free some space and try again; nothing is lost")
    }

    @Test func `a weight that is none names the document and the term`() throws {
        let error = try failure { try $0.upsert(Document(id: "news/42", terms: ["swift": .nan])) }
        #expect(error.code == .invalidVector)
        #expect(error.documentID == "news/42")
        #expect(error.term == "swift")
        #expect(error.problem.contains("'news/42'"))
        #expect(!error.remedy.isEmpty)
    }

    @Test func `terms of the other kind name the document`() throws {
        let vector = try SparseVector([(7, 1)])
        let error = try failure { try $0.upsert(Document(id: "d", vector: vector)) }
        #expect(error.code == .termSpaceMismatch)
        #expect(error.documentID == "d")
    }

    @Test func `a vector of numbers names the term`() {
        let error = #expect(throws: SparseStoreError.self) {
            try SparseStoreError.wrap { _ = try SparseVector([(7, 1), (7, 2)]) }
        }
        #expect(error?.term == "7")
    }

    @Test func `a query's term is named`() throws {
        let temporary = try TemporaryStore()
        let store = try temporary.openNumbered()
        let error = #expect(throws: SparseStoreError.self) { try store.search(["t": 1, "t": 2]) }
        #expect(error?.term == "t")
    }

    @Test func `an example that is not there is named`() throws {
        let temporary = try TemporaryStore()
        let store = try temporary.openNumbered()
        let error = #expect(throws: SparseStoreError.self) { try store.search(.similar(to: ["absent"])) }
        #expect(error?.documentID == "absent")
    }

    @Test func `a filter's mistake has its position`() {
        let error = #expect(throws: SparseStoreError.self) { try Filter.parse("tag:a AND OR tag:b") }
        #expect(error?.position == 11)
    }

    @Test func `a missing folder names the file`() throws {
        let temporary = try TemporaryStore()
        let path = temporary.directory.appendingPathComponent("absent/test.sparse").path
        let error = #expect(throws: SparseStoreError.self) { try Store.open(at: path) }
        #expect(error?.code == .notFound)
        #expect(error?.path == path)
    }

    @Test func `a message names a path once`() throws {
        let temporary = try TemporaryStore()
        let store = try temporary.open()
        func path(_ name: String) -> String { temporary.directory.appendingPathComponent(name).path }
        func message(_ body: () throws -> Void) -> String? {
            do { try body() } catch { return (error as? SparseStoreError)?.message }
            return nil
        }
        let existing = temporary.path as String
        var readOnly = Configuration()
        readOnly.isReadOnly = true
        let copy = path("copy")
        try store.backup(to: copy)
        let cases: [(String, String?)] = [
            (existing, message { try store.backup(to: existing) }),
            (copy, message { _ = try Store.repair(FilePath(existing), to: FilePath(copy)) }),
            (path("none/x"), message { _ = try Store.open(at: path("none/x")) }),
            (temporary.directory.path, message { _ = try Store.open(at: temporary.directory.path) }),
            (
                path("absent"),
                message {
                    _ = try ShardedStore(at: [copy, path("absent")].map { FilePath($0) }, configuration: readOnly)
                }
            ),
        ]
        for (path, message) in cases {
            #expect(message?.components(separatedBy: "'\(path)'").count == 2, "\(message ?? "no error")")
        }
    }

    @Test func `Foundation shows the problem and the remedy`() {
        let error: any Error = SparseStoreError(.busy, problem: "another process compacts", remedy: "try again")
        #expect(error.localizedDescription == "another process compacts")
        #expect((error as? any LocalizedError)?.recoverySuggestion == "try again")
    }

    @Test func `codes and choices are encoded as their names`() throws {
        struct Choices: Codable, Equatable {
            var code = SparseStoreError.Code.diskFull
            var profile = IndexProfile.compact
            var codec = MultivectorCodec.int8
            var durability = Configuration.Durability.lastCommitsMayBeLost
            var maintenance = Configuration.Maintenance.shared
            var fallbacks = [StageReport.Fallback.deadlinePassed, .failed("no answer")]
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        let text = String(decoding: try encoder.encode(Choices()), as: UTF8.self)
        #expect(
            text == #"{"code":"diskFull","codec":"int8","durability":"lastCommitsMayBeLost","#
                + #""fallbacks":["deadlinePassed",{"failed":"no answer"}],"maintenance":"shared","profile":"compact"}"#)
        #expect(try JSONDecoder().decode(Choices.self, from: Data(text.utf8)) == Choices())
        #expect(throws: DecodingError.self) {
            try JSONDecoder().decode([IndexProfile].self, from: Data(#"["slow"]"#.utf8))
        }
    }
}
