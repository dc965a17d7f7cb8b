import Foundation

#if os(Linux)

    /// A process of its own that opens one store file, and dies alone if the file kills it.
    ///
    /// It is a copy of this one: to load the program anew, with its sanitizer, takes longer than all that it does. Only the
    /// calling thread goes on in a copy, which is enough, for nothing that it asks of a store needs another.
    enum Child {
        private static let findingStatus: Int32 = 70
        private static let faultStatus: Int32 = 71
        private static let seconds: UInt32 = 30

        /// Runs `body` in a copy of this process. A fault of memory is told and passes: liblmdb trusts its pages, follows
        /// them out of the map, and hands out what it has not seen.
        static func run(_ body: () throws -> Void) throws {
            // Swift hides it, since few programs may go on in a copy.
            typealias Fork = @convention(c) () -> pid_t
            guard let fork = dlsym(nil, "fork") else { throw Finding("there is no fork") }
            let child = unsafeBitCast(fork, to: Fork.self)()
            guard child >= 0 else { throw Finding("no process can be started") }
            if child == 0 { end(body) }
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

        /// The child's part. It leaves without the ends of the program, which are the parent's.
        private static func end(_ body: () throws -> Void) -> Never {
            for number in [SIGSEGV, SIGBUS, SIGABRT] { signal(number) { _ in Child.tellFault() } }
            // Hanging is a finding too.
            signal(SIGALRM, SIG_DFL)
            alarm(seconds)
            do {
                try body()
            } catch {
                FileHandle.standardError.write(Data("\(error)\n".utf8))
                _exit(findingStatus)
            }
            _exit(0)
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
