import LMDB
import Platform
import SystemPackage
import TestSupport
import Testing

#if canImport(Darwin)
    import Darwin
#else
    import Glibc
#endif

/// Writes that wait for another writer: for how long, for whom, and how they stop.
@Suite struct WaitingTests {
    let folder = TemporaryFolder()

    /// Runs `body` on another thread while this one is inside a write.
    private func whileWriting(_ environment: Environment, _ body: @escaping @Sendable () throws -> Void) throws {
        let table = try environment.table(named: "t")
        try environment.write { transaction in
            onThreads([body])
            try transaction.writer.put(table, 1 as UInt32, [1])
        }
    }

    @Test func `a write gives up when another thread has kept it waiting for the timeout`() throws {
        let environment = try Environment.make(
            folder.file(), EnvironmentOptions { $0.waiting.timeout = .milliseconds(30) })
        try whileWriting(environment) {
            let error = expectError(.busy) { try environment.put(2, [2]) }
            #expect(error?.message.contains("another write of this process") == true)
        }
        #expect(try environment.value(1) == [1])
        #expect(try environment.value(2) == nil)
        // Nobody waits for the turn of the one that gave up.
        try environment.put(3, [3])
        #expect(try environment.value(3) == [3])
    }

    @Test func `a write that is cancelled while it waits ends at once`() throws {
        let environment = try Environment.make(folder.file())
        let table = try environment.table(named: "t")
        try whileWriting(environment) {
            expectError(.cancelled) {
                try environment.write(isCancelled: { true }) { try $0.writer.put(table, 2 as UInt32, [2]) }
            }
        }
        try environment.put(3, [3])
        #expect(try environment.value(2) == nil)
    }

    @Test func `a write says which process it waits for, and can be stopped`() async throws {
        await #expect(processExitsWith: .success) {
            typealias Fork = @convention(c) () -> pid_t
            let symbol = try #require(dlsym(dlopen(nil, RTLD_NOW), "fork"))
            let fork = unsafeBitCast(symbol, to: Fork.self)
            let folder = TemporaryFolder()
            try Environment.make(folder.file()).close()
            var (began, mayEnd): ([Int32], [Int32]) = ([-1, -1], [-1, -1])
            guard pipe(&began) == 0, pipe(&mayEnd) == 0 else { _exit(1) }
            let child = fork()
            if child == 0 {
                do {
                    let environment = try Environment.make(folder.file())
                    let table = try environment.table(named: "t")
                    try environment.write { transaction in
                        try transaction.writer.put(table, 1 as UInt32, [1])
                        var byte: UInt8 = 0
                        write(began[1], &byte, 1)
                        read(mayEnd[0], &byte, 1)
                    }
                    environment.close()
                    _exit(0)
                } catch { _exit(1) }
            }
            var byte: UInt8 = 0
            guard read(began[0], &byte, 1) == 1 else { _exit(2) }
            let announced = Lock<[WriterWait.Holder]>([])
            let isImpatient = Lock(false)
            let environment = try Environment.make(
                folder.file(),
                EnvironmentOptions { options in
                    options.waiting.announce = { holder in
                        announced.withLock { $0.append(holder) }
                        isImpatient.withLock { $0 = true }
                    }
                    options.waiting.isCancelled = { isImpatient.withLock { $0 } }
                })
            let error = expectError(.cancelled) { try environment.put(2, [2]) }
            guard error?.message.contains("process \(child)") == true else { _exit(3) }
            guard announced.withLock({ $0 }) == [.process(child)] else { _exit(4) }
            // Reading waits for nobody.
            guard try environment.value(1) == nil else { _exit(5) }
            write(mayEnd[1], &byte, 1)
            var status: Int32 = -1
            waitpid(child, &status, 0)
            isImpatient.withLock { $0 = false }
            try environment.put(3, [3])
            guard status == 0, try environment.value(1) == [1], try environment.value(3) == [3] else { _exit(6) }
        }
    }

    @Test func `the lock of a writer that was killed is free`() async throws {
        let environment = try Environment.make(folder.file(), EnvironmentOptions { $0.waiting.timeout = .seconds(30) })
        let path = folder.file().string
        await #expect(processExitsWith: .signal(SIGKILL)) { [path = path as String] in
            try Environment.make(FilePath(path)).write { _ in _ = kill(getpid(), SIGKILL) }
        }
        try environment.put(1, [1])
        #expect(try environment.value(1) == [1])
    }
}
