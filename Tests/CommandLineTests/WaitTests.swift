import Foundation
import SparseStore
import TestSupport
import Testing

/// Commands that find another process writing.
@Suite struct WaitTests {
    /// A store with one document that this process is writing to until `body` ends.
    private func whileWriting(_ body: (_ path: String) throws -> Void) throws {
        let folder = TemporaryFolder()
        let path = folder.path("busy.sparse")
        let store = try Store.open(at: path)
        try store.write { try $0.upsert(Document(id: "d", terms: ["t": 1])) }
        try store.write { transaction in
            try transaction.upsert(Document(id: "e", terms: ["t": 1]))
            try body(path)
        }
    }

    private var us: String { "process \(ProcessInfo.processInfo.processIdentifier)" }

    @Test(arguments: [["remove", "d"], ["build", "--profile", "compact"], ["load", "-"]])
    func `a command that may not wait ends with 6 and says who writes`(command: [String]) throws {
        try whileWriting { path in
            let arguments = [command[0], path] + command.dropFirst() + ["--wait", "0"]
            let input = command[0] == "load" ? Pipe() : nil
            input?.fileHandleForWriting.write(Data(Inputs.lines(1).utf8))
            try input?.fileHandleForWriting.close()
            let result = try Binary.Running(Array(arguments), input: input).finish()
            #expect(result.status == 6)
            #expect(result.errors.contains(us))
        }
    }

    @Test func `the first SIGINT ends a command that waits, which says for whom`() throws {
        try whileWriting { path in
            let running = try Binary.Running(["remove", path, "d"])
            while running.process.isRunning, !(try running.errorsSoFar()).contains("waiting for") { usleep(10_000) }
            running.process.interrupt()
            let result = try running.finish()
            #expect(result.status == 8)
            #expect(result.errors.contains("waiting for \(us)"))
        }
    }

    @Test func `reading waits for nobody`() throws {
        try whileWriting { path in
            let searched = try Binary.run("search", path, "--terms", "{\"t\": 1}")
            #expect(searched.status == 0)
            let verified = try Binary.run("verify", path)
            #expect(verified.status == 0)
        }
    }
}
