import Dispatch
import Foundation

#if os(Linux)

    /// A process of its own that opens one store file, and dies alone if the file kills it.
    enum Child {
        private static let findingStatus: Int32 = 70
        private static let faultStatus: Int32 = 71
        private static let seconds = 30

        /// Starts this program again on a file. A fault of memory is told and passes: liblmdb trusts its pages, follows
        /// them out of the map, and hands out what it has not seen.
        static func open(_ path: String, generation: UInt64) throws {
            // Not Foundation's Process, which keeps a little of each.
            var child = pid_t()
            var arguments: [UnsafeMutablePointer<CChar>?] = [strdup("fuzz"), nil]
            var environment: [UnsafeMutablePointer<CChar>?] = ProcessInfo.processInfo.environment
                .merging([
                    // Faults are for the handler below.
                    "ASAN_OPTIONS": "handle_segv=0:handle_sigbus=0",
                    "FUZZ_CHILD": path, "FUZZ_GENERATION": "\(generation)",
                ]) { $1 }.map { strdup("\($0.key)=\($0.value)") }
            environment.append(nil)
            defer { for text in arguments + environment { free(text) } }
            guard posix_spawn(&child, "/proc/self/exe", nil, nil, &arguments, &environment) == 0 else {
                throw Finding("no process can be started")
            }
            var status: CInt = 0
            // libFuzzer's timer interrupts.
            var waited = waitpid(child, &status, 0)
            while waited < 0, errno == EINTR { waited = waitpid(child, &status, 0) }
            guard waited == child else { throw Finding("a process was lost") }
            // The low seven bits are the signal, what is above them the status.
            switch (status & 0x7F, status >> 8 & 0xFF) {
            case (0, 0): return
            case (0, faultStatus): FileHandle.standardError.write(Data("FAULT IN DAMAGED PAGES\n".utf8))
            case (let signal, let status): throw Finding("the child ended by signal \(signal), status \(status)")
            }
        }

        /// The child's part; does not return.
        static func run(_ path: String) -> Never {
            for number in [SIGSEGV, SIGBUS, SIGABRT] { signal(number) { _ in Child.tellFault() } }
            // Hanging is a finding too.
            alarm(UInt32(seconds))
            do {
                let generation = ProcessInfo.processInfo.environment["FUZZ_GENERATION"].flatMap { UInt64($0) }
                let truth = StoreProbe.Truth(
                    written: try StoreTemplate.written.get(), documents: try StoreTemplate.documents.get(),
                    generation: generation ?? 0)
                try StoreProbe(path: path, truth: truth).run()
            } catch {
                FileHandle.standardError.write(Data("\(error)\n".utf8))
                exit(findingStatus)
            }
            exit(0)
        }

        /// Says where the fault is, and ends the process by `faultStatus`.
        private static func tellFault() {
            // Not in Swift's view of the C library.
            typealias Backtrace = @convention(c) (UnsafeMutablePointer<UInt>, CInt) -> CInt
            typealias Symbols = @convention(c) (UnsafeMutablePointer<UInt>, CInt, CInt) -> Void
            if let backtrace = dlsym(nil, "backtrace"), let symbols = dlsym(nil, "backtrace_symbols_fd") {
                var frames = [UInt](repeating: 0, count: 24)
                let count = unsafeBitCast(backtrace, to: Backtrace.self)(&frames, 24)
                unsafeBitCast(symbols, to: Symbols.self)(&frames, count, STDERR_FILENO)
            }
            _exit(faultStatus)
        }
    }
#endif
