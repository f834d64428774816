"""The texts of the panel in English, as they stand in the code, and in Chinese, from the tables here.

`FOR_UPLOAD` and `FOR_KEY` are also sent to the front ends of the place for files and of the key field.
"""

from __future__ import annotations

from collections.abc import Mapping

FOR_UPLOAD = {
    "Choose a file": "选择文件",
    "or drop one here, of any size": "或拖放到此处，大小不限",
    "Upload": "上传",
    "Cancel": "取消",
    "Uploading {0}": "正在上传 {0}",
    "{0}: {1} of {2}": "{0}：{1}，共 {2}",
    "{0}: {1} of {2}, {3} more": "{0}：{1}，共 {2}，还有 {3} 个",
    "{0} is here.": "{0} 已上传。",
    "{0} was not uploaded.": "{0} 未上传。",
    "The kernel has not answered yet: it may be busy with a cell, or shut down.": (
        "内核尚未回应：可能正忙于运行单元格，或已关闭。"
    ),
    "{0} cannot be read: it may be a folder, or was moved meanwhile. Choose a file.": (
        "无法读取 {0}：它可能是文件夹，或已被移动。请选择文件。"
    ),
    "the file cannot be written here: {0}. Nothing of it was kept.": "无法写入文件：{0}。没有保留任何部分。",
    "{0!r} is empty: choose another file.": "{0!r} 是空文件：请选择其他文件。",
    "{0!r} has {1:.0f} MB, and the kernel has room for {2:.0f} MB: free some there. Nothing was sent.": (
        "{0!r} 有 {1:.0f} MB，而剩余空间为 {2:.0f} MB：请在运行内核的计算机上腾出空间。没有发送任何内容。"
    ),
    "the file was not announced, or the kernel was restarted. Choose it again.": "内核可能已重启。请重新选择文件。",
    "a part of the file is missing. Choose it again.": "文件缺少一部分。请重新选择。",
}

FOR_KEY = {
    "Key": "密钥",
    "DashScope API key": "DashScope API 密钥",
    "Use this key": "使用此密钥",
    "It is kept in memory only, never in the notebook.": "只保存在内存中，不会写入笔记本。",
    "The key is known.": "密钥已保存。",
}

CHINESE: Mapping[str, str] = {
    **FOR_UPLOAD,
    **FOR_KEY,
    "Clip": "音频",
    "Look for new files in the folder": "查找文件夹中的新文件",
    "Service": "服务",
    "On this machine: no key, English only": "本机：无需密钥，仅限英语",
    "DashScope: the cloud": "DashScope：云端",
    "Model": "模型",
    "Language": "语言",
    "Transcribe": "转写",
    "Stop": "停止",
    "Shown": "显示",
    "{0} (uploaded)": "{0}（已上传）",
    "{0}. {1} · {2} · {3} words": "{0}. {1} · {2} · {3} 个词",
    "connecting": "正在连接",
    "streaming": "正在识别",
    "reconnecting": "正在重新连接",
    "finishing": "正在收尾",
    "finished": "已完成",
    "stopped": "已停止",
    "failed": "失败",
    "There is no clip yet: drop one above, or put one into {0}.": "还没有音频：请拖放到上方，或放入 {0}。",
    "The cloud needs a key: type it above. Or choose the service on this machine.": (
        "云端服务需要密钥：请在上方输入，或选择本机服务。"
    ),
    "The service refused the key: type another one above, then press Transcribe. No sound was sent.": (
        "服务拒绝了该密钥：请在上方输入其他密钥，再按“转写”。没有发送任何声音。"
    ),
}


def translate(language: str, text: str, *values: object) -> str:
    """A text of the panel in "en" or "zh", with values in place of {0}, {1}, ..."""
    chinese = CHINESE[text]  # in English as well: a text that is not in the table is an error in both
    return (chinese if language == "zh" else text).format(*values)


def table(texts: Mapping[str, str], language: str) -> dict[str, str]:
    """What a front end shows in place of its English texts."""
    return dict(texts) if language == "zh" else {}
