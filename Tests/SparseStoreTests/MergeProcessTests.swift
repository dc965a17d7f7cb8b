import Foundation
import Testing

@testable import SparseStore

/// Merges of two processes on one store.
@Suite struct MergeProcessTests {
    private static func open(_ path: String, _ maintenance: Configuration.Maintenance = .manual) throws -> Store {
        var configuration = Configuration()
        configuration.maintenance = maintenance
        configuration.durability = .lastCommitsMayBeLost
        configuration.mergePolicy.fanout = 2
        configuration.mergePolicy.documentsMergedByCommits = 0
        return try Store.open(at: path, configuration: configuration)
    }

    private static func fill(_ store: Store) throws {
        for commit in 0..<4 {
            try store.write { transaction in
                for index in 0..<50 {
                    let id = "\(commit)-\(index)"
                    try transaction.upsert(Document(id: id, terms: ["all": 1, id: 1]))
                }
            }
        }
    }

    /// A merge of small pieces that comes to a halt before its last transaction.
    private static func merge(_ store: Store, beforeTheSwitch body: () -> Void) throws -> Merger.Outcome {
        let merger = merger(store)
        return try merger.step(.policy) { if $0.step == .switching { body() } }
    }

    private static func merger(_ store: Store, patience: Duration = ClaimWatch.patience) -> Merger {
        Merger(
            store.file, store.configuration.mergePolicy,
            pieces: MergePieces(bytesWritten: 100, documentsRead: 20), patience: patience)
    }

    /// Gives its thread to others meanwhile, the one that starts the other process among them.
    private func wait(for file: String) async throws {
        let deadline = Date().addingTimeInterval(120)
        while !FileManager.default.fileExists(atPath: file) {
            try #require(Date() < deadline, "\(file)")
            try await Task.sleep(for: .milliseconds(5))
        }
    }

    @Test func `a living process's merge is left alone`() async throws {
        let temporary = try TemporaryStore()
        let path = temporary.path
        let store = try Self.open(path)
        try Self.fill(store)
        async let child: ExitTest.Result? = #expect(processExitsWith: .success) {
            [path = path as String] in
            let store = try Self.open(path)
            let outcome = try Self.merge(store) {
                _ = FileManager.default.createFile(atPath: path + ".ready", contents: nil)
                while !FileManager.default.fileExists(atPath: path + ".go") { Thread.sleep(forTimeInterval: 0.005) }
            }
            guard outcome == .merged else { exit(3) }
            store.close()
        }
        try await wait(for: path + ".ready")
        let outcome = try Self.merge(store) {}
        #expect(outcome == .busy)
        let staged = try await store.statistics().stagedBytes
        #expect(staged > 0)
        // All four commits are being merged: documents may go and come, and the search shows it at once.
        try await store.write { transaction in
            _ = try transaction.remove("0-7")
            try transaction.upsert(Document(id: "3-3", terms: ["all": 9]))
        }
        #expect(try await store.search(["all": 1], limit: 1).map(\.id) == ["3-3"])
        _ = FileManager.default.createFile(atPath: path + ".go", contents: nil)
        _ = await child
        #expect(try await store.search(["all": 1], limit: 1_000, recall: .exact).count == 199)
        #expect(try await store.search(["0-7": 1]).isEmpty)
        #expect(try await store.search(["3-3": 1]).isEmpty)
        #expect(try leftovers(store).isEmpty)
        #expect(try await store.statistics().segments.count == 2)
    }

    @Test func `a suspended process's merge is taken over and its owner notices`() async throws {
        let temporary = try TemporaryStore()
        let path = temporary.path
        let store = try Self.open(path)
        try Self.fill(store)
        async let child: ExitTest.Result? = #expect(processExitsWith: .success) {
            [path = path as String] in
            let store = try Self.open(path)
            let outcome = try Self.merge(store) {
                try? "\(getpid())".write(toFile: path + ".ready", atomically: true, encoding: .utf8)
                raise(SIGSTOP)
            }
            guard outcome == .busy else { exit(3) }
            store.close()
        }
        try await wait(for: path + ".ready")
        let process = try #require(pid_t(String(contentsOfFile: path + ".ready", encoding: .utf8)))
        // Whatever fails here, the child must not sleep for ever.
        defer { kill(process, SIGCONT) }
        let patient = Self.merger(store)
        let impatient = Self.merger(store, patience: .milliseconds(50))
        #expect(try impatient.step(.policy) { _ in } == .busy)
        try await Task.sleep(for: .milliseconds(100))
        #expect(try patient.step(.policy) { _ in } == .busy)
        #expect(try impatient.step(.policy) { _ in } == .merged)
        kill(process, SIGCONT)
        _ = await child
        #expect(try await store.search(["all": 1], limit: 1_000, recall: .exact).count == 200)
        #expect(try leftovers(store).isEmpty)
        #expect(try await store.statistics().segments.count == 1)
    }

    @Test func `what a killed process has staged is collected`() async throws {
        let temporary = try TemporaryStore()
        let path = temporary.path
        let store = try Self.open(path)
        try Self.fill(store)
        await #expect(processExitsWith: .signal(SIGKILL)) { [path = path as String] in
            _ = try Self.merge(try Self.open(path)) { kill(getpid(), SIGKILL) }
        }
        #expect(try await store.statistics().stagedBytes > 0)
        #expect(try await store.search(["all": 1], limit: 1_000, recall: .exact).count == 200)
        try await store.maintain()
        #expect(try leftovers(store).isEmpty)
        #expect(try await store.statistics().segments.count == 1)
        #expect(try await store.search(["all": 1], limit: 1_000, recall: .exact).count == 200)
    }

    @Test func `two processes write and merge and nothing is lost`() async throws {
        let temporary = try TemporaryStore()
        let path = temporary.path
        let store = try Self.open(path, .background)
        async let child: ExitTest.Result? = #expect(processExitsWith: .success) {
            [path = path as String] in
            let store = try Self.open(path, .background)
            for index in 0..<150 {
                try await store.write { try $0.upsert(Document(id: "theirs-\(index)", terms: ["all": 1])) }
            }
            store.close()
        }
        for index in 0..<150 {
            try await store.write { try $0.upsert(Document(id: "ours-\(index)", terms: ["all": 1])) }
        }
        _ = await child
        try await store.maintain()
        #expect(try await store.search(["all": 1], limit: 1_000, recall: .exact).count == 300)
        #expect(try leftovers(store).isEmpty)
        #expect(try await store.statistics().mergeFailure == nil)
    }
}
