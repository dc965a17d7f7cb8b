import Foundation
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

/// Which files the descriptors of a process lead to.
private enum Descriptors {
    static func identity(_ descriptor: Int32) -> [UInt64]? {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { return nil }
        return [UInt64(truncatingIfNeeded: status.st_dev), UInt64(truncatingIfNeeded: status.st_ino)]
    }

    static func identity(_ path: String) -> [UInt64]? {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        return [UInt64(truncatingIfNeeded: status.st_dev), UInt64(truncatingIfNeeded: status.st_ino)]
    }

    /// Whether the three standard descriptors are open, and lead to no file of a folder. They need not lead to the null
    /// device: another thread of the process, such as one of the testing library, can open its own file first.
    static func areOpenAndOutside(_ folder: TemporaryFolder) throws -> Bool {
        let files = try FileManager.default.contentsOfDirectory(atPath: folder.path).map {
            identity(folder.file($0).string)
        }
        return (0..<3).allSatisfy { descriptor in
            identity(descriptor).map { !files.contains($0) } ?? false
        }
    }

    static func closeStandard() { for descriptor: Int32 in 0..<3 { close(descriptor) } }

    static func isNull(_ descriptor: Int32) -> Bool { identity(descriptor) == identity("/dev/null") }
}

/// What is written to standard error must never reach a file of ours.
@Suite struct DescriptorTests {
    @Test func `an environment that is opened with descriptors 0 to 2 closed keeps none of them for its files`() async {
        await #expect(processExitsWith: .success) {
            let folder = TemporaryFolder()
            Descriptors.closeStandard()
            let environment = try Environment.make(folder.file())
            try environment.put(1, [1])
            guard try Descriptors.areOpenAndOutside(folder) else { _exit(1) }
            let message = [UInt8](repeating: 0x78, count: 10_000)
            if Descriptors.isNull(2), write(2, message, message.count) != message.count { _exit(3) }
            try environment.put(2, [2])
            environment.close()
            let reopened = try Environment.make(folder.file())
            guard try reopened.value(1) == [1], try reopened.value(2) == [2] else { _exit(2) }
        }
    }

    @Test func `descriptors that are closed later are not taken by a copy or by a compaction`() async {
        await #expect(processExitsWith: .success) {
            let folder = TemporaryFolder()
            let environment = try Environment.make(folder.file())
            try environment.put(1, [1])
            Descriptors.closeStandard()
            try environment.copy(to: folder.file("plain"), compacting: false)
            guard try Descriptors.areOpenAndOutside(folder) else { _exit(1) }
            Descriptors.closeStandard()
            try environment.copy(to: folder.file("compact"), compacting: true)
            guard try Descriptors.areOpenAndOutside(folder) else { _exit(2) }
            Descriptors.closeStandard()
            try environment.compact()
            guard try Descriptors.areOpenAndOutside(folder), try environment.value(1) == [1] else { _exit(3) }
        }
    }

    @Test func `a descriptor that is open is left as it is`() async {
        await #expect(processExitsWith: .success) {
            let folder = TemporaryFolder()
            let path = folder.file("log").string
            let log = open(path, O_RDWR | O_CREAT, 0o600)
            guard dup2(log, 0) == 0 else { _exit(1) }
            // Another thread can open a file of its own between the two calls, but not ten times in a row.
            for _ in 0..<10 {
                close(1)
                StandardDescriptors.occupy()
                guard Descriptors.identity(Int32(0)) == Descriptors.identity(path) else { _exit(2) }
                if Descriptors.isNull(1) { return }
            }
            _exit(3)
        }
    }
}
