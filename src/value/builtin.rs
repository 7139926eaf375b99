//! The table of built-in classes. A class's place in it is also the number of the root shape of its instances.

use crate::heap::Kind;

macro_rules! classes {
    ($($variant:ident $name:literal : $base:ident, $kind:ident;)*) => {
        /// A built-in class.
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
        #[repr(u32)]
        #[expect(missing_docs, reason = "named after the classes")]
        pub enum Builtin { $($variant),* }

        impl Builtin {
            /// All of them, bases before their subclasses.
            pub const ALL: &'static [Builtin] = &[$(Builtin::$variant),*];

            /// The class's `__name__`.
            pub const fn name(self) -> &'static str {
                match self { $(Builtin::$variant => $name,)* }
            }

            /// The class's base; `object` is its own.
            pub const fn base(self) -> Builtin {
                match self { $(Builtin::$variant => Builtin::$base,)* }
            }

            /// The layout of its instances.
            pub const fn kind(self) -> Kind {
                match self { $(Builtin::$variant => Kind::$kind,)* }
            }
        }
    };
}

classes! {
    Object "object": Object, Instance;
    Type "type": Object, Type;
    Int "int": Object, Int;
    Bool "bool": Int, Int;
    Float "float": Object, Float;
    Complex "complex": Object, Complex;
    Str "str": Object, Str;
    Bytes "bytes": Object, Bytes;
    Tuple "tuple": Object, Tuple;
    List "list": Object, List;
    Deque "deque": Object, Deque;
    Dict "dict": Object, Dict;
    Set "set": Object, Set;
    FrozenSet "frozenset": Object, FrozenSet;
    Range "range": Object, Range;
    Slice "slice": Object, Slice;
    NoneType "NoneType": Object, Instance;
    EllipsisType "ellipsis": Object, Instance;
    NotImplementedType "NotImplementedType": Object, Instance;
    Function "function": Object, Function;
    Native "builtin_function_or_method": Object, Native;
    MethodDescriptor "method_descriptor": Object, Native;
    WrapperDescriptor "wrapper_descriptor": Object, Native;
    BoundMethod "method": Object, BoundMethod;
    Cell "cell": Object, Cell;
    Generator "generator": Object, Generator;
    Module "module": Object, Module;
    Property "property": Object, Property;
    StaticMethod "staticmethod": Object, StaticMethod;
    ClassMethod "classmethod": Object, ClassMethod;
    Super "super": Object, Super;
    Code "code": Object, Code;
    Traceback "traceback": Object, Traceback;
    MappingProxy "mappingproxy": Object, MappingProxy;
    Member "member_descriptor": Object, Member;
    GetSet "getset_descriptor": Object, Member;
    DictKeys "dict_keys": Object, DictView;
    DictValues "dict_values": Object, DictView;
    DictItems "dict_items": Object, DictView;
    ListIterator "list_iterator": Object, Iter;
    ListReverseIterator "list_reverseiterator": Object, Iter;
    TupleIterator "tuple_iterator": Object, Iter;
    StrIterator "str_iterator": Object, Iter;
    StrAsciiIterator "str_ascii_iterator": Object, Iter;
    BytesIterator "bytes_iterator": Object, Iter;
    RangeIterator "range_iterator": Object, Iter;
    LongRangeIterator "longrange_iterator": Object, Iter;
    DictKeyIterator "dict_keyiterator": Object, Iter;
    DictValueIterator "dict_valueiterator": Object, Iter;
    DictItemIterator "dict_itemiterator": Object, Iter;
    DictReverseKeyIterator "dict_reversekeyiterator": Object, Iter;
    DictReverseValueIterator "dict_reversevalueiterator": Object, Iter;
    DictReverseItemIterator "dict_reverseitemiterator": Object, Iter;
    DequeIterator "_deque_iterator": Object, Iter;
    DequeReverseIterator "_deque_reverse_iterator": Object, Iter;
    SetIterator "set_iterator": Object, Iter;
    SequenceIterator "iterator": Object, Iter;
    CallableIterator "callable_iterator": Object, Iter;
    Reversed "reversed": Object, Iter;
    Enumerate "enumerate": Object, Iter;
    Zip "zip": Object, Iter;
    Map "map": Object, Iter;
    Filter "filter": Object, Iter;
    Count "count": Object, Iter;
    Cycle "cycle": Object, Iter;
    Repeat "repeat": Object, Iter;
    Lock "lock": Object, Lock;
    ThreadHandle "_ThreadHandle": Object, ThreadHandle;
    TextFile "TextIOWrapper": Object, File;
    BinaryFile "BufferedReader": Object, File;
    BinaryWriter "BufferedWriter": Object, File;
    BinaryRandom "BufferedRandom": Object, File;
    Random "Random": Object, Random;
    BaseException "BaseException": Object, Exception;
    SystemExit "SystemExit": BaseException, Exception;
    KeyboardInterrupt "KeyboardInterrupt": BaseException, Exception;
    GeneratorExit "GeneratorExit": BaseException, Exception;
    Exception "Exception": BaseException, Exception;
    StopIteration "StopIteration": Exception, Exception;
    ArithmeticError "ArithmeticError": Exception, Exception;
    FloatingPointError "FloatingPointError": ArithmeticError, Exception;
    OverflowError "OverflowError": ArithmeticError, Exception;
    ZeroDivisionError "ZeroDivisionError": ArithmeticError, Exception;
    AssertionError "AssertionError": Exception, Exception;
    AttributeError "AttributeError": Exception, Exception;
    BufferError "BufferError": Exception, Exception;
    EOFError "EOFError": Exception, Exception;
    ImportError "ImportError": Exception, Exception;
    ModuleNotFoundError "ModuleNotFoundError": ImportError, Exception;
    LookupError "LookupError": Exception, Exception;
    IndexError "IndexError": LookupError, Exception;
    KeyError "KeyError": LookupError, Exception;
    MemoryError "MemoryError": Exception, Exception;
    NameError "NameError": Exception, Exception;
    UnboundLocalError "UnboundLocalError": NameError, Exception;
    OSError "OSError": Exception, Exception;
    BlockingIOError "BlockingIOError": OSError, Exception;
    ChildProcessError "ChildProcessError": OSError, Exception;
    ConnectionError "ConnectionError": OSError, Exception;
    BrokenPipeError "BrokenPipeError": ConnectionError, Exception;
    ConnectionAbortedError "ConnectionAbortedError": ConnectionError, Exception;
    ConnectionRefusedError "ConnectionRefusedError": ConnectionError, Exception;
    ConnectionResetError "ConnectionResetError": ConnectionError, Exception;
    FileExistsError "FileExistsError": OSError, Exception;
    FileNotFoundError "FileNotFoundError": OSError, Exception;
    InterruptedError "InterruptedError": OSError, Exception;
    IsADirectoryError "IsADirectoryError": OSError, Exception;
    NotADirectoryError "NotADirectoryError": OSError, Exception;
    PermissionError "PermissionError": OSError, Exception;
    ProcessLookupError "ProcessLookupError": OSError, Exception;
    TimeoutError "TimeoutError": OSError, Exception;
    ReferenceError "ReferenceError": Exception, Exception;
    RuntimeError "RuntimeError": Exception, Exception;
    NotImplementedError "NotImplementedError": RuntimeError, Exception;
    RecursionError "RecursionError": RuntimeError, Exception;
    StopAsyncIteration "StopAsyncIteration": Exception, Exception;
    SyntaxError "SyntaxError": Exception, Exception;
    IndentationError "IndentationError": SyntaxError, Exception;
    TabError "TabError": IndentationError, Exception;
    SystemError "SystemError": Exception, Exception;
    TypeError "TypeError": Exception, Exception;
    ValueError "ValueError": Exception, Exception;
    UnicodeError "UnicodeError": ValueError, Exception;
    UnicodeDecodeError "UnicodeDecodeError": UnicodeError, Exception;
    UnicodeEncodeError "UnicodeEncodeError": UnicodeError, Exception;
    UnicodeTranslateError "UnicodeTranslateError": UnicodeError, Exception;
    Warning "Warning": Exception, Exception;
    DeprecationWarning "DeprecationWarning": Warning, Exception;
    RuntimeWarning "RuntimeWarning": Warning, Exception;
    UserWarning "UserWarning": Warning, Exception;
    SyntaxWarning "SyntaxWarning": Warning, Exception;
    FutureWarning "FutureWarning": Warning, Exception;
    ImportWarning "ImportWarning": Warning, Exception;
    UnicodeWarning "UnicodeWarning": Warning, Exception;
    BytesWarning "BytesWarning": Warning, Exception;
    ResourceWarning "ResourceWarning": Warning, Exception;
    PendingDeprecationWarning "PendingDeprecationWarning": Warning, Exception;
}

impl Builtin {
    /// Whether the class is one of exceptions.
    pub fn is_exception(self) -> bool {
        self.kind() == Kind::Exception
    }

    /// The module that the class says it is of.
    pub const fn module(self) -> &'static str {
        match self {
            Builtin::Deque | Builtin::DequeIterator | Builtin::DequeReverseIterator => "collections",
            Builtin::Count | Builtin::Cycle | Builtin::Repeat => "itertools",
            Builtin::Lock | Builtin::ThreadHandle => "_thread",
            Builtin::TextFile | Builtin::BinaryFile | Builtin::BinaryWriter | Builtin::BinaryRandom => "_io",
            Builtin::Random => "_random",
            _ => "builtins",
        }
    }

    /// The name with the module in front of it, unless that is `builtins`.
    pub const fn full_name(self) -> &'static str {
        match self {
            Builtin::Deque => "collections.deque",
            Builtin::DequeIterator => "collections._deque_iterator",
            Builtin::DequeReverseIterator => "collections._deque_reverse_iterator",
            Builtin::Count => "itertools.count",
            Builtin::Cycle => "itertools.cycle",
            Builtin::Repeat => "itertools.repeat",
            Builtin::Lock => "_thread.lock",
            Builtin::ThreadHandle => "_thread._ThreadHandle",
            Builtin::TextFile => "_io.TextIOWrapper",
            Builtin::BinaryFile => "_io.BufferedReader",
            Builtin::BinaryWriter => "_io.BufferedWriter",
            Builtin::BinaryRandom => "_io.BufferedRandom",
            Builtin::Random => "_random.Random",
            builtin => builtin.name(),
        }
    }

    /// The number of the root shape of its direct instances.
    pub const fn shape(self) -> u32 {
        self as u32
    }
}
