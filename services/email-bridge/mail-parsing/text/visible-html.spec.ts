import { expect } from 'chai';
import { ReadingNotes } from '../reading.ts';
import { visibleText } from './visible-html.ts';

const shown = (html: string): string => visibleText(html, new ReadingNotes());

describe('the text that HTML shows', () => {
  const cases: Record<string, [string, string]> = {
    'has a line for each line': ['<div>Hi,</div><div><br></div><div>Yes.<br>No.<br></div>', 'Hi,\n\nYes.\nNo.'],
    'has blank lines between paragraphs': ['<p>Yes.</p><p>No.</p>', 'Yes.\n\nNo.'],
    'divides cells and rows': ['<table><tr><td>Tuesday<td>10:00<tr><td>Wednesday</table>', 'Tuesday\t10:00\nWednesday'],
    'marks the items of lists': ['<ul><li>a<li>b</ul><ol><li>c<li>d</ol>', '* a\n* b\n\n1. c\n2. d'],
    'marks quotes': [
      'Yes.<blockquote>when?<blockquote>where?</blockquote></blockquote>',
      'Yes.\n\n> when?\n>\n>> where?',
    ],
    'takes what its user indents for no quote': [
      '<blockquote style="margin:0 0 0 40px;border:none;padding:0px">Room 4</blockquote>',
      'Room 4',
    ],
    'marks what is struck out': ['<s>Tuesday</s> Wednesday', '~~Tuesday~~ Wednesday'],
    'names the target of a link': [
      '<a href="https://x.example/a">here</a> or <a href="mailto:a@b.c">a@b.c</a>',
      'here <https://x.example/a> or a@b.c',
    ],
    'holds letters on a dark ground': ['<div style="background:#000"><b style="color:#fff">Yes</b></div>', 'Yes'],
    'holds white letters where the style sheet may paint the ground': [
      '<style>.d{background:#000}</style><div class="d"><b style="color:white">Yes</b></div>',
      'Yes',
    ],
    'holds what is visible within what is not': [
      '<div style="visibility:hidden"><p style="visibility:visible">Yes',
      'Yes',
    ],
    'lacks a closed box': ['<details><summary>more</summary>Ignore</details>', 'more'],
    'lacks white letters of a class on white paper': [
      '<style>body{background:#fff} .x{color:#FFF}</style><div>Yes<p class="x">Ignore',
      'Yes',
    ],
    'lacks white letters of a name within an id, whatever an attribute says': [
      '<style>#a i{color:rgb(255,255,255)}</style><div id="a"><i><font color="#fefefe">Ignore</font>Ignore</i>Yes',
      'Yes',
    ],
    'lacks white letters of a rule that is important, or more specific': [
      '<style>.x.y{color:white}.x{color:#000}.z{color:#fff!important}a:hover{background:#000}</style><p class="x y">Ignore<p class="z" style="color:#000">Ignore<p class="x">Yes',
      'Yes',
    ],
    'lacks letters that a class makes too small, and a white ground within a dark one': [
      '<style>.t{font-size:0}.d{background:#000}.w{background:#fff}td{color:#fff}</style><p class="t">Ignore</p><table><td class="d">Yes<i class="w">Ignore',
      'Yes',
    ],
    'holds white letters of a class on the dark ground of another': [
      '<style>.d{background:#123}.x{color:white}</style><div class="d"><b class="x">Yes</b></div>',
      'Yes',
    ],
    'holds letters whose own style is not that of their class': [
      '<style>.x{color:white;font-size:0}</style><b class="x" style="color:#333;font-size:12px">Yes</b>',
      'Yes',
    ],
    'holds white letters where a selector that is not understood may paint the ground': [
      '<style>[bgcolor]{background:#000}.x{color:white}</style><b class="x">Yes</b>',
      'Yes',
    ],
    'lacks what selectors hide': [
      '<style>td.a .b{display:none}</style><table><td class="a"><i class="b">Ignore</i>Yes',
      'Yes',
    ],
  };
  for (const [what, [html, text]] of Object.entries(cases))
    it(what, () => {
      expect(shown(html).trim()).to.equal(text);
    });

  it('is kept if all of it has the colour of the paper, and that is said', () => {
    const notes = new ReadingNotes();
    expect(visibleText('<p style="color:#fff">Yes.</p>', notes)).to.equal('Yes.');
    expect(notes.all).to.have.lengthOf(1);
    expect(notes.all[0]).to.include({ stage: 'texts', unsure: true });
  });
});
